// @ts-check
/** Keeps a reader where they read: at the bottom new things come into view, further up nothing moves. */
import { prefersReducedMotion } from './dom.js';

/** This close to the end counts as the end. */
const BOTTOM_PX = 60;
/** This close to the start asks for older messages. */
const TOP_PX = 600;

/**
 * @param {HTMLElement} scroller
 * @param {HTMLElement} content
 * @param {{ onBottom: () => void, onNearTop: () => void }} handlers
 */
export function createScrollKeeper(scroller, content, handlers) {
  let isAtBottom = true;
  /** While it glides to the bottom it passes places that are not the bottom. */
  let isGliding = false;

  const toBottom = () => {
    scroller.scrollTop = scroller.scrollHeight;
  };
  const measure = () => {
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    const isNow = below < BOTTOM_PX;
    if (isNow) isGliding = false;
    isAtBottom = isNow || isGliding;
    if (isNow) handlers.onBottom();
    if (scroller.scrollTop < TOP_PX) handlers.onNearTop();
  };
  scroller.addEventListener('scroll', measure, { passive: true });
  for (const type of ['wheel', 'touchmove', 'keydown', 'pointerdown']) {
    scroller.addEventListener(type, () => (isGliding = false), { passive: true });
  }
  const observer = new ResizeObserver(() => {
    if (isAtBottom) toBottom();
  });
  observer.observe(content);
  observer.observe(scroller);

  return {
    isAtBottom: () => isAtBottom,
    /** @param {boolean} isSmooth */
    scrollToBottom(isSmooth) {
      isAtBottom = true;
      const distance = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
      const isFar = distance > scroller.clientHeight * 2;
      if (!isSmooth || isFar || prefersReducedMotion()) {
        toBottom();
        return;
      }
      isGliding = true;
      scroller.scrollTo({ top: scroller.scrollHeight, behavior: 'smooth' });
    },
    /**
     * Something long that is meant to be read from its start.
     *
     * @param {HTMLElement} target
     */
    showFromStart(target) {
      if (target.offsetHeight < scroller.clientHeight) {
        this.scrollToBottom(true);
        return;
      }
      isAtBottom = false;
      target.scrollIntoView({ block: 'start' });
    },
    /**
     * Puts things in above the reader without moving what they look at.
     *
     * @param {() => void} change
     */
    keepPlace(change) {
      const before = scroller.scrollHeight - scroller.scrollTop;
      content.style.overflowAnchor = 'none';
      change();
      if (!isAtBottom) scroller.scrollTop = scroller.scrollHeight - before;
      requestAnimationFrame(() => content.style.removeProperty('overflow-anchor'));
    },
    /** Whether there is room to scroll up at all: a short page asks for older messages at once. */
    checkTop: measure,
  };
}
