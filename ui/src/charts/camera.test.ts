import { expect, test } from "vitest";
import { cameraOf, cameraText, fitted } from "./camera";

const camera = { eye: { x: 1.504, y: -1.5, z: 1.2 }, center: { x: 0, y: 0, z: -0.12 } };

test("a camera goes into the address and comes back rounded", () => {
  expect(cameraText(camera)).toBe("1.5,-1.5,1.2,0,0,-0.12");
  expect(cameraOf(cameraText(camera))).toEqual({ ...camera, eye: { x: 1.5, y: -1.5, z: 1.2 } });
});

test("what is no camera is none", () => {
  expect([undefined, "", "1,2,3", "a,b,c,d,e,f"].map(cameraOf)).toEqual([null, null, null, null]);
});

test("a narrow canvas is looked at from further away, a wide one from where the figure says", () => {
  expect(fitted(camera, 1450, 1000).eye.x).toBeCloseTo(1.504);
  expect(fitted(camera, 725, 1000).eye.x).toBeCloseTo(3.008);
});
