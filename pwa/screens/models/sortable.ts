import type { Attachment } from 'svelte/attachments';

/**
 * Lets rows be dragged by their handle (`[data-handle]`) to another place among `[data-row]`s. A
 * keyboard has Move up and Move down instead: see WCAG 2.5.7.
 */
export function sortable(onMove: (from: number, to: number) => void): Attachment<HTMLElement> {
  return (list) => {
    let from = -1;
    let to = -1;
    const rows = () => [...list.querySelectorAll<HTMLElement>('[data-row]')];

    function begin(event: PointerEvent) {
      const handle = (event.target as Element).closest<HTMLElement>('[data-handle]');
      if (!handle || event.button !== 0) return;
      from = rows().findIndex((row) => row.contains(handle));
      if (from < 0) return;
      to = from;
      handle.setPointerCapture(event.pointerId);
      rows()[from]?.toggleAttribute('data-dragged', true);
      event.preventDefault();
    }

    function drag(event: PointerEvent) {
      if (from < 0) return;
      const all = rows();
      // Before the first row whose middle is below the pointer, the dragged one left out.
      const others = all.filter((_, index) => index !== from);
      const below = others.findIndex((row) => {
        const { top, height } = row.getBoundingClientRect();
        return event.clientY < top + height / 2;
      });
      to = below < 0 ? others.length : below;
      all.forEach((row) => row.removeAttribute('data-target'));
      if (to === from) return;
      const mark = others[Math.min(to, others.length - 1)];
      mark?.setAttribute('data-target', to >= others.length ? 'after' : 'before');
    }

    function end(event: PointerEvent) {
      if (from < 0) return;
      for (const row of rows())
        for (const name of ['data-target', 'data-dragged']) row.removeAttribute(name);
      const [start, target] = [from, to];
      from = -1;
      if (event.type === 'pointerup' && start !== target) onMove(start, target);
    }

    const events = { pointerdown: begin, pointermove: drag, pointerup: end, pointercancel: end };
    for (const [name, listener] of Object.entries(events))
      list.addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(events))
        list.removeEventListener(name, listener as EventListener);
    };
  };
}
