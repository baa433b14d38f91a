// Sizes and visibility of elements, as hooks.
import { useLayoutEffect, useRef, useState } from "react";

/** The width of an element in whole CSS pixels. */
export function useWidth<T extends HTMLElement>() {
  const ref = useRef<T>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current: element } = ref;
    if (!element) return;
    setWidth(element.clientWidth); // before the first paint, so that nothing below is in view for a moment
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}

type Seen = (isNear: boolean) => void;
const watched = new WeakMap<Element, Seen>();
const observers = new Map<number, IntersectionObserver>();

/** One observer for all elements with this margin: a run may have thousands of rows of panels. */
function observer(marginPx: number): IntersectionObserver {
  const held = observers.get(marginPx);
  if (held) return held;
  const onSeen = (entries: IntersectionObserverEntry[]) => {
    for (const { target, isIntersecting } of entries) watched.get(target)?.(isIntersecting);
  };
  const made = new IntersectionObserver(onSeen, { rootMargin: `${marginPx}px 0px` });
  observers.set(marginPx, made);
  return made;
}

/** Whether an element is in or near the visible part of the page. */
export function useNear<T extends HTMLElement>(marginPx: number) {
  const ref = useRef<T>(null);
  const [isNear, setNear] = useState(false);
  useLayoutEffect(() => {
    const { current: element } = ref;
    if (!element) return;
    const { top, bottom } = element.getBoundingClientRect();
    // what is in view at first is mounted at once; the observer would say so only a frame later
    if (bottom > -marginPx && top < window.innerHeight + marginPx) setNear(true);
    watched.set(element, setNear);
    observer(marginPx).observe(element);
    return () => observer(marginPx).unobserve(element);
  }, [marginPx]);
  return { ref, isNear };
}

/** Buckets for a drawing of this width: one per device pixel, rounded up so that a small resize asks nothing anew. */
export function bucketsFor(widthPx: number): number {
  const pixels = widthPx * Math.max(1, window.devicePixelRatio);
  return Math.min(3000, Math.max(200, Math.ceil(pixels / 100) * 100));
}
