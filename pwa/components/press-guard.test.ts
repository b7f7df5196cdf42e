import { expect, it } from 'vitest';
import { ARM_AFTER_MS, createPressGuard } from './press-guard.ts';

const trusted = { isTrusted: true };
const enter = { code: 'Enter', repeat: false };
const space = { code: 'Space', repeat: false };

function setUp() {
  let time = 1_000;
  const guard = createPressGuard(() => time);
  return { guard, wait: (ms: number) => (time += ms) };
}

it('counts no click before the question was in sight for a while', () => {
  const { guard, wait } = setUp();
  expect(guard.accepts(trusted)).toBe(false);
  guard.attend();
  wait(ARM_AFTER_MS - 1);
  expect(guard.accepts(trusted)).toBe(false);
  wait(1);
  expect(guard.accepts(trusted)).toBe(true);
});

it('starts anew when the window lost the focus', () => {
  const { guard, wait } = setUp();
  guard.attend();
  wait(ARM_AFTER_MS);
  guard.distract();
  expect(guard.isArmed()).toBe(false);
  wait(10 * ARM_AFTER_MS);
  expect(guard.accepts(trusted)).toBe(false);
  guard.attend();
  expect(guard.accepts(trusted)).toBe(false);
  wait(ARM_AFTER_MS);
  expect(guard.accepts(trusted)).toBe(true);
});

it('counts no click that a script made', () => {
  const { guard, wait } = setUp();
  guard.attend();
  wait(ARM_AFTER_MS);
  expect(guard.accepts({ isTrusted: false })).toBe(false);
});

it('counts no press of the pointer that began too early', () => {
  const { guard, wait } = setUp();
  guard.attend();
  guard.pointerDown();
  wait(ARM_AFTER_MS);
  guard.pointerUp();
  expect(guard.accepts(trusted)).toBe(false);
  guard.pointerDown();
  guard.pointerUp();
  expect(guard.accepts(trusted)).toBe(true);
});

it('counts no press that began on the question before', () => {
  const { guard, wait } = setUp();
  guard.attend();
  wait(ARM_AFTER_MS);
  guard.pointerDown();
  expect(guard.keyDown(space)).toBe(true);
  guard.attend();
  wait(ARM_AFTER_MS);
  guard.pointerUp();
  expect(guard.accepts(trusted)).toBe(false);
  expect(guard.keyUp(space)).toBe(false);
});

it('ignores a key that was held when the window came, until it is let go', () => {
  const { guard, wait } = setUp();
  guard.attend();
  wait(ARM_AFTER_MS);
  expect(guard.keyDown({ code: 'Enter', repeat: true })).toBe(false);
  expect(guard.keyDown({ code: 'Enter', repeat: true })).toBe(false);
  guard.keyUp(enter);
  expect(guard.keyDown(enter)).toBe(true);
});

it('ignores a key pressed before the buttons are armed and let go after', () => {
  const { guard, wait } = setUp();
  guard.attend();
  expect(guard.keyDown(space)).toBe(false);
  wait(ARM_AFTER_MS);
  expect(guard.keyUp(space)).toBe(false);
  expect(guard.keyDown(space)).toBe(true);
  expect(guard.keyUp(space)).toBe(true);
});
