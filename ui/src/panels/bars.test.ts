import { expect, test } from "vitest";
import { evenBars } from "./bars";

const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);

test("bins of one width stay as they were logged", () => {
  const logged = { counts: [2, 4, 0], edges: [0, 0.1, 0.2, 0.30000000000000004] };
  expect(evenBars(logged.counts, logged.edges)).toEqual({ ...logged, isEven: true });
  expect(evenBars([5], [2, 2])).toEqual({ counts: [5], edges: [2, 2], isEven: true });
});

test("values of a wide bin lie evenly in it, and none is lost", () => {
  const { counts, edges, isEven } = evenBars([10, 20], [0, 1, 4]);
  expect([isEven, counts.length, edges[0], edges.at(-1)]).toEqual([false, 40, 0, 4]);
  expect(counts[0]).toBeCloseTo(1);
  expect(counts[39]).toBeCloseTo(20 / 30);
  expect(sum(counts)).toBeCloseTo(30);
});

test("a narrow bin does not tower above the others", () => {
  const { counts } = evenBars([100, 1, 100], [-1, -1e-9, 1e-9, 1]);
  expect(Math.max(...counts)).toBeLessThan(6);
  expect(sum(counts)).toBeCloseTo(201);
});

test("a bin without any width keeps its count", () => {
  expect(sum(evenBars([3, 1, 1], [0, 0, 1, 3]).counts)).toBeCloseTo(5);
  expect(sum(evenBars([1, 7], [0, 2, 2]).counts)).toBeCloseTo(8);
});
