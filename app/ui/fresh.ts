import { useRevalidator } from "@remix-run/react";
import { useEffect, useRef } from "react";

const FRESH_MS = 3000;
const FRESH_TIMES = 100;

/** Reads the page again while something is under way, for some minutes at most. */
export function useFresh(waiting: boolean) {
  const { revalidate, state } = useRevalidator();
  const times = useRef(0);
  useEffect(() => {
    if (!waiting) times.current = 0; // what begins later is followed as long
    if (!waiting || state !== "idle" || times.current >= FRESH_TIMES) return;
    const timer = setTimeout(() => {
      times.current++;
      revalidate();
    }, FRESH_MS);
    return () => clearTimeout(timer);
  }, [waiting, state, revalidate]);
}
