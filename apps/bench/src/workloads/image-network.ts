/** One layer of a network for images; all but pools have a bias and a ReLU behind them. */
export type ImageLayer =
  | { readonly kind: "convolution"; readonly size: number; readonly channels: number }
  | { readonly kind: "depthwise"; readonly size: number; readonly stride: number }
  | { readonly kind: "pool"; readonly size: number };

/** A network for images, and the batch it is trained on: layers, the mean of each channel, classes. */
export interface ImageNetwork {
  readonly name: string;
  readonly layers: readonly ImageLayer[];
  readonly batch: number;
  /** Height and width. */
  readonly pixels: number;
  readonly classes: number;
}

export const IMAGE_CHANNELS = 3;

const convolution = (size: number, channels: number): ImageLayer => ({
  kind: "convolution",
  size,
  channels,
});
const depthwise = (stride: number): ImageLayer => ({ kind: "depthwise", size: 3, stride });
const pool: ImageLayer = { kind: "pool", size: 2 };

/** Dense 3 × 3 convolutions and pools, as in VGG. */
const DENSE: ImageNetwork = {
  name: "6 dense convolutions, 32 images 32×32",
  layers: [
    convolution(3, 32),
    convolution(3, 32),
    pool,
    convolution(3, 64),
    convolution(3, 64),
    pool,
    convolution(3, 128),
    convolution(3, 128),
  ],
  batch: 32,
  pixels: 32,
  classes: 10,
};

/** Depthwise 3 × 3 and pointwise convolutions in turn, as in MobileNet. */
const SEPARABLE: ImageNetwork = {
  name: "5 separable convolutions, 32 images 32×32",
  layers: [
    convolution(3, 32),
    ...[
      { stride: 1, channels: 64 },
      { stride: 2, channels: 128 },
      { stride: 1, channels: 128 },
      { stride: 2, channels: 256 },
      { stride: 1, channels: 256 },
    ].flatMap(({ stride, channels }) => [depthwise(stride), convolution(1, channels)]),
  ],
  batch: 32,
  pixels: 32,
  classes: 10,
};

export const IMAGE_NETWORKS: readonly ImageNetwork[] = [DENSE, SEPARABLE];

/** Shapes of all parameters in TensorFlow.js' order: filters `[H, W, C, O]`, depthwise `[H, W, C, 1]`, a matrix at the end. */
export function parameterShapes({ layers, classes }: ImageNetwork): Record<string, number[]> {
  const shapes: Record<string, number[]> = {};
  let channels = IMAGE_CHANNELS;
  for (const [i, layer] of layers.entries()) {
    if (layer.kind === "pool") continue;
    const outputs = layer.kind === "depthwise" ? 1 : layer.channels;
    shapes[`${i}.weight`] = [layer.size, layer.size, channels, outputs];
    if (layer.kind === "convolution") channels = outputs;
    shapes[`${i}.bias`] = [channels];
  }
  shapes[`${layers.length}.weight`] = [channels, classes];
  shapes[`${layers.length}.bias`] = [classes];
  return shapes;
}
