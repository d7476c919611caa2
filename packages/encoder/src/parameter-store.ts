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
  /** What has to happen before a parameter is read. */
  readonly #deferred = new Map<string, () => void>();

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
    return Array.from(this.#parameters.values(), ({ path }) => path);
  }

  entries(): Parameter[] {
    return this.names().map((name) => this.#find(name));
  }

  /** Number of scalars in all parameters. */
  size(): number {
    return [...this.#parameters.values()].reduce((sum, { variable }) => sum + variable.size, 0);
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
   * Puts off work on a parameter until someone asks for it.
   * @param update brings the variable's values up to date; called once, before the parameter is next handed out, and
   *   taken for done when the store is disposed. A later one replaces it.
   */
  defer(name: string, update: () => void): void {
    this.#deferred.set(name, update);
  }

  /** Does all work that was put off: for code that holds on to variables instead of asking for them. */
  settle(): void {
    for (const name of [...this.#deferred.keys()]) this.#find(name);
  }

  dispose(): void {
    for (const { variable } of this.#parameters.values()) variable.dispose();
    this.#parameters.clear();
    this.#deferred.clear();
  }

  #find(name: string): Parameter {
    const parameter = this.#parameters.get(name);
    if (parameter === undefined)
      throw new EspalierError(
        "NAME_UNKNOWN",
        `there is no parameter ${name}${didYouMean(name, this.#parameters.keys())}`,
      );
    const update = this.#deferred.get(name);
    this.#deferred.delete(name);
    update?.();
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
