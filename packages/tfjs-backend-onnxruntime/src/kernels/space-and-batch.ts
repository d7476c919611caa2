import { backend_util, slice_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { sizeOf, viewOf } from "../graph/value.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { pad, sliceValue, transpose } from "./shapes.ts";

interface One {
  readonly x: TensorInfo;
}

/** Blocks of places that become images of their own, or channels that become blocks of places, and back. */
export const SPACE_AND_BATCH_KERNELS: readonly Kernel[] = [
  kernel<One, { blockShape: number[]; paddings: [number, number][] }>(
    "SpaceToBatchND",
    ({ x }, { blockShape, paddings }, backend) => {
      const block = sizeOf(blockShape);
      const rest = x.shape.slice(1 + blockShape.length).map((): [number, number] => [0, 0]);
      const padded = pad(backend, backend.value(x), {
        paddings: [[0, 0], ...paddings, ...rest],
        constantValue: 0,
      });
      const shape = [...padded.shape];
      const places = backend_util.getReshaped(shape, blockShape, block, false);
      const perm = backend_util.getPermuted(places.length, blockShape.length, false);
      const moved = transpose(backend, viewOf(padded, places), perm);
      return backend.tensor(
        moved,
        backend_util.getReshapedPermuted(shape, blockShape, block, false),
      );
    },
  ),
  kernel<One, { blockShape: number[]; crops: [number, number][] }>(
    "BatchToSpaceND",
    ({ x }, { blockShape, crops }, backend) => {
      const block = sizeOf(blockShape);
      const places = backend_util.getReshaped(x.shape, blockShape, block);
      const perm = backend_util.getPermuted(places.length, blockShape.length);
      const moved = transpose(backend, backend.value({ ...x, shape: places }), perm);
      const whole = backend_util.getReshapedPermuted(x.shape, blockShape, block);
      const image = { shape: whole } as never;
      const [begin, shape] = slice_util.parseSliceParams(
        image,
        backend_util.getSliceBeginCoords(crops, blockShape.length),
        backend_util.getSliceSize(whole, crops, blockShape.length),
      ) as [number[], number[]];
      slice_util.assertParamsValid(image, begin, shape);
      if (shape.every((size, i) => size === whole[i])) return backend.tensor(moved, whole);
      const end = begin.map((start, i) => start + (shape[i] as number));
      return backend.tensor(sliceValue(backend, viewOf(moved, whole), { begin, end, shape }));
    },
  ),
  kernel<One, { blockSize: number; dataFormat: string }>(
    "DepthToSpace",
    ({ x }, { blockSize: block, dataFormat }, backend) => {
      util.assert(
        dataFormat === "NHWC" || dataFormat === "NCHW",
        () => `depthToSpace: dataFormat must be NHWC or NCHW, but is ${dataFormat}`,
      );
      // Channels are ordered by row of the block, then by column, then by channel of the result.
      const [batch, ...sizes] = x.shape as [number, number, number, number];
      if (dataFormat === "NHWC") {
        const [height, width, depth] = sizes;
        const inner = depth / block ** 2;
        const shape = [batch, height, width, block, block, inner];
        const moved = transpose(backend, backend.value({ ...x, shape }), [0, 1, 3, 2, 4, 5]);
        return backend.tensor(moved, [batch, height * block, width * block, inner]);
      }
      const [depth, height, width] = sizes;
      const inner = depth / block ** 2;
      const shape = [batch, block, block, inner, height, width];
      const moved = transpose(backend, backend.value({ ...x, shape }), [0, 3, 4, 1, 5, 2]);
      return backend.tensor(moved, [batch, inner, height * block, width * block]);
    },
  ),
];
