import type { TensorInfo } from "@tensorflow/tfjs-core";

/**
 * Names, inputs and attributes of the fused kernels. A TensorFlow.js backend that registers one of them
 * (`registerKernel({ kernelName, backendName, kernelFunc })`) makes the operation native; without it the
 * composed version runs. Weights are `[out, in]`, as Hugging Face stores them.
 */
export const LAYER_NORM = "EspalierLayerNorm";
/** x `[..., D]`, gain `[D]`, bias `[D]` → [y `[..., D]`, mean `[..., 1]`, inverse deviation `[..., 1]`] */
export interface LayerNormInputs {
  x: TensorInfo;
  gain: TensorInfo;
  bias: TensorInfo;
}
export interface LayerNormAttrs {
  epsilon: number;
}

export const LAYER_NORM_GRAD = "EspalierLayerNormGrad";
/** → [dx `[..., D]`, dgain `[D]`, dbias `[D]`] */
export interface LayerNormGradInputs {
  dy: TensorInfo;
  x: TensorInfo;
  gain: TensorInfo;
  mean: TensorInfo;
  inverseDeviation: TensorInfo;
}

export const GELU = "EspalierGelu";
/** x → y of the same shape */
export interface GeluAttrs {
  approximation: "erf" | "tanh";
}

export const GELU_GRAD = "EspalierGeluGrad";
/** → dx; attributes as GELU */
export interface GeluGradInputs {
  dy: TensorInfo;
  x: TensorInfo;
}

export const LINEAR = "EspalierLinear";
/** x `[N, I]`, weight `[O, I]`, bias `[O]` (optional) → `[N, O]` */
export interface LinearInputs {
  x: TensorInfo;
  weight: TensorInfo;
  bias?: TensorInfo;
}

export const LINEAR_GELU = "EspalierLinearGelu";
/** x `[N, I]`, weight `[O, I]`, bias `[O]` → gelu(x · weightᵀ + bias) `[N, O]`; attributes as GELU. Without a gradient. */
export interface LinearGeluInputs {
  x: TensorInfo;
  weight: TensorInfo;
  bias: TensorInfo;
}

export const COLUMN_SUM = "EspalierColumnSum";
/** x `[N, O]` → `[O]`: the gradient of a bias */
export interface ColumnSumInputs {
  x: TensorInfo;
}

export const MASKED_SOFTMAX = "EspalierMaskedSoftmax";
/**
 * scores `[B, H, T, T]`, bias `[B, 1, 1, T]` (0 or a large negative; left out where nothing is masked) →
 * softmax(scores · scale + bias) over the last axis
 */
export interface MaskedSoftmaxInputs {
  scores: TensorInfo;
  bias?: TensorInfo;
}
export interface MaskedSoftmaxAttrs {
  scale: number;
}

export const SOFTMAX_GRAD = "EspalierSoftmaxGrad";
/** → scale · y · (dy − Σ dy·y) over the last axis; attributes as MASKED_SOFTMAX */
export interface SoftmaxGradInputs {
  dy: TensorInfo;
  y: TensorInfo;
}

export const EMBEDDING_GRAD = "EspalierEmbeddingGrad";
/** dy `[N, D]`, ids int32 `[N]` → `[rows, D]`, rows of repeated ids added */
export interface EmbeddingGradInputs {
  dy: TensorInfo;
  ids: TensorInfo;
}
export interface EmbeddingGradAttrs {
  rows: number;
}

export const DROPOUT = "EspalierDropout";
/** x, kept bool of as many elements → x · kept / (1 − rate). The gradient is the same kernel on dy with the same mask. */
export interface DropoutInputs {
  x: TensorInfo;
  kept: TensorInfo;
}
export interface DropoutAttrs {
  rate: number;
}
