import { didYouMean, EspalierError, type ParamPath } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";

/** One parameter: where it sits, and the variable that holds it. */
export interface Parameter {
  readonly path: ParamPath;
  readonly variable: tf.Variable;
}

/** Parameters by their Hugging Face name, in the order of the network. */
export class ParameterStore {
  readonly #parameters = new Map<string, Parameter>();

  /**
   * @param path   name and place; the name must be new
   * @param tensor float32 values and shape; the data is taken over
   * @throws {EspalierError} NAME_UNKNOWN when the name is taken
   */
  add(path: ParamPath, tensor: { shape: readonly number[]; data: Float32Array }): void {
    if (this.#parameters.has(path.name))
      throw new EspalierError("NAME_UNKNOWN", `parameter ${path.name} exists twice`);
    const variable = tf.tidy(() => tf.variable(tf.tensor(tensor.data, [...tensor.shape])));
    this.#parameters.set(path.name, { path, variable });
  }

  /** @throws {EspalierError} NAME_UNKNOWN with the nearest name */
  get(name: string): tf.Variable {
    const parameter = this.#parameters.get(name);
    if (parameter === undefined)
      throw new EspalierError(
        "NAME_UNKNOWN",
        `there is no parameter ${name}${didYouMean(name, this.#parameters.keys())}`,
      );
    return parameter.variable;
  }

  has(name: string): boolean {
    return this.#parameters.has(name);
  }

  entries(): Parameter[] {
    return [...this.#parameters.values()];
  }

  paths(): ParamPath[] {
    return this.entries().map(({ path }) => path);
  }

  /** Number of scalars in all parameters. */
  size(): number {
    return this.entries().reduce((sum, { variable }) => sum + variable.size, 0);
  }

  /** A copy of the values, row-major. */
  async values(name: string): Promise<Float32Array> {
    return Float32Array.from(await this.get(name).data<"float32">());
  }

  /** @throws {EspalierError} SHAPE_MISMATCH when the length is another one */
  set(name: string, values: Float32Array): void {
    const variable = this.get(name);
    if (values.length !== variable.size)
      throw new EspalierError(
        "SHAPE_MISMATCH",
        `parameter ${name} has ${variable.size} values, got ${values.length}`,
      );
    tf.tidy(() => variable.assign(tf.tensor(values.slice(), variable.shape)));
  }

  dispose(): void {
    for (const { variable } of this.#parameters.values()) variable.dispose();
    this.#parameters.clear();
  }
}
