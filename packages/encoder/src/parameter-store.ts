import { didYouMean, EspalierError, type ParamPath } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";

/** One parameter: where it sits, and the variable that holds it. */
export interface Parameter {
  readonly path: ParamPath;
  /** float32 */
  readonly variable: tf.Variable;
}

/** Values of a parameter, row-major. */
export interface ParameterValues {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The parameters of a network by name, from the embeddings up. */
export class ParameterStore {
  readonly #parameters = new Map<string, Parameter>();

  /**
   * @param path   name and place; the name must be new
   * @param values taken over without a copy where the backend allows it: do not change them afterwards
   * @throws {EspalierError} CONFIG_INVALID when the name is taken, SHAPE_MISMATCH when shape and length do not fit
   */
  add(path: ParamPath, values: ParameterValues): void {
    if (this.#parameters.has(path.name))
      throw new EspalierError("CONFIG_INVALID", `parameter ${path.name} exists twice`);
    this.#parameters.set(path.name, { path, variable: createVariable(path.name, values) });
  }

  /** @throws {EspalierError} NAME_UNKNOWN with the nearest name */
  get(name: string): tf.Variable {
    return this.#find(name).variable;
  }

  has(name: string): boolean {
    return this.#parameters.has(name);
  }

  names(): string[] {
    return [...this.#parameters.keys()];
  }

  paths(): ParamPath[] {
    return this.entries().map(({ path }) => path);
  }

  entries(): Parameter[] {
    return [...this.#parameters.values()];
  }

  /** Number of scalars in all parameters. */
  size(): number {
    return this.entries().reduce((sum, { variable }) => sum + variable.size, 0);
  }

  /** A copy of the values, row-major. @throws {EspalierError} NAME_UNKNOWN */
  async values(name: string): Promise<Float32Array> {
    return Float32Array.from(await this.get(name).data<"float32">());
  }

  /**
   * Gives a parameter other values; its variable stays the same object.
   * @param values row-major, copied
   * @throws {EspalierError} NAME_UNKNOWN, SHAPE_MISMATCH when the length is another one
   */
  set(name: string, values: Float32Array): void {
    const variable = this.get(name);
    expectLength(name, values, variable.shape);
    tf.tidy(() => variable.assign(tf.tensor(values.slice(), variable.shape, "float32")));
  }

  /**
   * Gives a parameter another shape: a new variable takes its place and the old one is disposed. An embedding table
   * that is reduced to the rows in use is such a case.
   * @throws {EspalierError} NAME_UNKNOWN, SHAPE_MISMATCH when shape and length do not fit
   */
  replace(name: string, values: ParameterValues): void {
    const { path, variable } = this.#find(name);
    this.#parameters.set(name, { path, variable: createVariable(name, values) });
    variable.dispose();
  }

  dispose(): void {
    for (const { variable } of this.#parameters.values()) variable.dispose();
    this.#parameters.clear();
  }

  #find(name: string): Parameter {
    const parameter = this.#parameters.get(name);
    if (parameter === undefined)
      throw new EspalierError(
        "NAME_UNKNOWN",
        `there is no parameter ${name}${didYouMean(name, this.#parameters.keys())}`,
      );
    return parameter;
  }
}

function createVariable(name: string, { shape, data }: ParameterValues): tf.Variable {
  expectLength(name, data, shape);
  // Without a name of its own: two models in one process have parameters of the same names.
  return tf.tidy(() => tf.variable(tf.tensor(data, [...shape], "float32")));
}

function expectLength(name: string, values: Float32Array, shape: readonly number[]): void {
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (values.length !== size)
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `parameter ${name} has shape [${shape.join(", ")}], ${size} values, got ${values.length}`,
    );
}
