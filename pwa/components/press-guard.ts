/**
 * Decides whether a press on a button is meant, where a page of ours takes the focus by itself: while
 * the person may be typing or clicking in a web page, and a page can time when it appears: so a press counts
 * only when it began after the buttons were in sight for a while, and a key held down never counts.
 */
export const ARM_AFTER_MS = 600;

export interface PressGuard {
  /** The question is in sight, in front and new: the buttons arm after a while. */
  attend(): void;
  /** Out of sight or out of focus: nothing counts. */
  distract(): void;
  isArmed(): boolean;
  /** Whether this key press may act. Call for every keydown. */
  keyDown(event: Pick<KeyboardEvent, 'code' | 'repeat'>): boolean;
  /** Whether this release may act: Space presses a button when it is let go. */
  keyUp(event: Pick<KeyboardEvent, 'code'>): boolean;
  pointerDown(): void;
  pointerUp(): void;
  /** Whether a click may act. */
  accepts(click: Pick<MouseEvent, 'isTrusted'>): boolean;
}

export function createPressGuard(now: () => number): PressGuard {
  let armedAt = Infinity;
  let pointerIsDown = false;
  let pointerRefused = false;
  const down = new Set<string>();
  const refused = new Set<string>();
  const isArmed = () => now() >= armedAt;
  return {
    attend() {
      armedAt = now() + ARM_AFTER_MS;
      // A press that began on what was shown before must not land on this.
      for (const code of down) refused.add(code);
      pointerRefused = pointerIsDown;
    },
    distract() {
      armedAt = Infinity;
      // What is let go elsewhere is never told here.
      down.clear();
      pointerIsDown = false;
    },
    isArmed,
    keyDown({ code, repeat }) {
      down.add(code);
      // A repeat without a start in this window: the key was held when the window came.
      if (repeat || !isArmed()) refused.add(code);
      return !refused.has(code);
    },
    keyUp({ code }) {
      down.delete(code);
      return !refused.delete(code);
    },
    pointerDown() {
      pointerIsDown = true;
      pointerRefused = !isArmed();
    },
    pointerUp() {
      pointerIsDown = false;
    },
    // A screen reader's click has neither key nor pointer before it, and counts.
    accepts: ({ isTrusted }) => isTrusted && isArmed() && !pointerRefused,
  };
}
