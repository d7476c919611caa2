import { type DirectoryFile, resolveModel, writeDirectoryAtomic } from "@espalier/checkpoint";
import { createRng, didYouMean, EspalierError, type ParamPath } from "@espalier/core";
import {
  type Embeddings,
  type ForwardContext,
  type LoadOptions,
  type PackedBatch,
  SentenceTransformer,
} from "@espalier/encoder";
import type { AnyHead, Head, LabelValue, TargetFeed, Targets } from "@espalier/heads";
import type { TextInput } from "@espalier/tokenizer";
import * as tf from "@tensorflow/tfjs-core";
import { expectTasks } from "./expect-tasks.ts";
import { headsFiles } from "./heads-files.ts";
import { type PredictOptions, predictTexts } from "./predict-texts.ts";
import { readHeads, restoreTaskHeads } from "./read-heads.ts";
import { createTaskHead, type TaskHead, taskLogits } from "./task-head.ts";
import type { PerTask, Predictions, Tasks } from "./tasks.ts";

/** Where a model lies and how much of a text is read; `pooling` is part of the model. */
export type LoadModelOptions = Omit<LoadOptions, "pooling">;

/** A parameter of the trunk or of a head. */
export interface ModelParameter {
  /** Where it sits, and how many values it has. */
  readonly path: ParamPath & { readonly size: number };
  /** float32; the values that training changes */
  readonly variable: tf.Variable;
}

/**
 * One trunk, many heads: a sentence transformer whose vectors several tasks read. Every call runs the trunk once,
 * whatever the number of tasks.
 *
 * The model owns the encoder it is given: `dispose` frees both.
 */
export class MultiTaskModel<T extends Tasks> {
  readonly encoder: SentenceTransformer;
  readonly #heads = new Map<string, TaskHead>();

  /**
   * @param tasks heads by task name: letters, digits, _ and -; the order is kept
   * @param options.seed the first values of the heads depend on it and on their task's name alone
   * @throws {EspalierError} CONFIG_INVALID for a name that can't be a task's
   */
  constructor(encoder: SentenceTransformer, tasks: T, options: { readonly seed: number }) {
    this.encoder = encoder;
    try {
      for (const [task, head] of Object.entries(tasks)) this.addTask(task, head, options);
    } catch (error) {
      this.#disposeHeads(); // the encoder is still the caller's
      throw error;
    }
  }

  /**
   * Opens what `save` wrote. How tokens become vectors is saved with the model, as the heads were trained on it.
   * @param nameOrDirectory a directory, or a name on the Hugging Face Hub
   * @throws {EspalierError} FILE_NOT_FOUND when there are no heads; else as `SentenceTransformer.load`, and for broken
   *   heads naming the file and the field or tensor
   */
  static load(
    nameOrDirectory: string,
    options?: LoadModelOptions,
  ): Promise<MultiTaskModel<Readonly<Record<string, AnyHead>>>>;
  /**
   * The same with predictions typed by the labels.
   * @param options.tasks the tasks the program was written for; kinds and labels have to be the saved ones, everything
   *   else is taken from the file
   * @throws {EspalierError} NAME_UNKNOWN or CONFIG_INVALID when the saved tasks are others
   */
  static load<T extends Tasks>(
    nameOrDirectory: string,
    options: LoadModelOptions & { readonly tasks: T },
  ): Promise<MultiTaskModel<T>>;
  static async load(
    nameOrDirectory: string,
    { tasks, ...options }: LoadModelOptions & { readonly tasks?: Tasks } = {},
  ): Promise<MultiTaskModel<Tasks>> {
    const directory = await directoryOf(nameOrDirectory, options);
    const saved = await readHeads(directory);
    if (tasks !== undefined) expectTasks(saved, tasks);
    const encoder = await SentenceTransformer.load(directory, options);
    if (saved.dimension !== encoder.dimension) {
      const { dimension } = encoder;
      encoder.dispose();
      throw new EspalierError(
        "CONFIG_INVALID",
        `${saved.place}: dimension is ${saved.dimension}, but the trunk's vectors have ${dimension}`,
      );
    }
    const model = new MultiTaskModel<Tasks>(encoder, {}, { seed: 0 });
    for (const head of restoreTaskHeads(saved)) model.#heads.set(head.task, head);
    return model;
  }

  /** The heads by task, in order. */
  get tasks(): T {
    return this.#perTask(({ head }) => head) as unknown as T;
  }

  /** Every parameter, from the embeddings up; the heads last, in the order of the tasks. */
  parameters(): ModelParameter[] {
    const stores = [this.encoder, ...this.#heads.values()].map(({ parameters }) => parameters);
    return stores
      .flatMap((store) => store.entries())
      .map(({ path, variable }) => ({ path: { ...path, size: variable.size }, variable }));
  }

  /**
   * The logits of every task from one forward of the trunk, differentiable.
   * @param batch   of `encoder.collate`
   * @param context `rng` is needed when training with dropout
   * @returns float32 `[B, K]` a task
   */
  logits(batch: PackedBatch, context: ForwardContext): PerTask<T, tf.Tensor2D> {
    return tf.tidy(() => this.logitsFrom(this.encoder.forward(batch, context), context));
  }

  /**
   * The logits of every task from finished sentence vectors.
   * @param vectors float32 `[B, D]`, as `encoder.forward` gives them
   * @returns float32 `[B, K]` a task
   * @throws {EspalierError} SHAPE_MISMATCH for vectors of another size
   */
  logitsFrom(vectors: tf.Tensor2D, context: ForwardContext): PerTask<T, tf.Tensor2D> {
    const { dimension } = this.encoder;
    if (vectors.shape[1] !== dimension)
      throw new EspalierError(
        "SHAPE_MISMATCH",
        `vectors have shape [${vectors.shape.join(", ")}], expected [B, ${dimension}]`,
      );
    return tf.tidy(() => this.#perTask((head) => taskLogits(head, vectors, context)));
  }

  /**
   * The loss of each task that has targets: the mean over its labelled rows. The gradient of any weighted sum of them is
   * the weighted sum of the tasks' own gradients, whatever rows are labelled for which task.
   * @param logits  float32 `[B, K]` a task
   * @param targets `[B]` a task, or `[B · K]` of a multi-label one, as `encodeLabel` gives them or unlabelled; or where those
   *   of each batch come from. Tasks that are left out get no loss
   * @returns float32 scalars
   * @throws {EspalierError} NAME_UNKNOWN for a task that does not exist, SHAPE_MISMATCH when lengths differ or a target
   *   is out of range
   */
  losses(
    logits: PerTask<T, tf.Tensor2D>,
    targets: Partial<PerTask<T, Targets | TargetFeed>>,
  ): Partial<PerTask<T, tf.Scalar>> {
    const losses = Object.entries<Targets | TargetFeed | undefined>(targets).flatMap(
      ([task, labels]) => {
        if (labels === undefined) return [];
        const { head } = this.#find(task);
        const given = logits[task] as tf.Tensor2D;
        if (ArrayBuffer.isView(labels)) expectTargets(labels, { task, head, rows: given.shape[0] });
        return [[task, head.loss(given, labels)] as const];
      },
    );
    return Object.fromEntries(losses) as Partial<PerTask<T, tf.Scalar>>;
  }

  /**
   * The target of a label as it stands in the data.
   * @param source where, for the message: `reviews.jsonl:7`
   * @throws {EspalierError} NAME_UNKNOWN for an unknown task, or with the task's labels and the nearest one
   */
  encodeLabel(
    task: keyof T & string,
    label: LabelValue,
    source: string,
  ): number | readonly number[] {
    return this.#find(task).head.encodeLabel(label, { source, task });
  }

  /** What every head says of a text. @throws {EspalierError} NOT_FINITE when a logit is NaN or infinite */
  predict(text: string, options?: PredictOptions): Promise<Predictions<T>>;
  /** The same for several texts (or pairs of texts), in order: each distinct one once, in batches of like length. */
  predict(texts: readonly TextInput[], options?: PredictOptions): Promise<Predictions<T>[]>;
  async predict(
    input: string | readonly TextInput[],
    options: PredictOptions = {},
  ): Promise<Predictions<T> | Predictions<T>[]> {
    const texts = typeof input === "string" ? [input] : input;
    const { predictions } = await this.predictAndEmbed(texts, options);
    return typeof input === "string" ? (predictions[0] as Predictions<T>) : predictions;
  }

  /**
   * Predictions and the sentence vectors they were made from, out of one forward.
   * @returns vectors of full size and without a prompt, as the heads read them
   */
  async predictAndEmbed(
    texts: readonly TextInput[],
    options: PredictOptions = {},
  ): Promise<{ readonly predictions: Predictions<T>[]; readonly embeddings: Embeddings }> {
    const heads = [...this.#heads.values()];
    const { rows, embeddings } = await predictTexts(this.encoder, heads, { texts, ...options });
    return { predictions: rows as unknown as Predictions<T>[], embeddings };
  }

  /**
   * Adds a task to a model, trained or not. What the other tasks predict does not change.
   * @returns this model, its type widened by the task
   * @throws {EspalierError} CONFIG_INVALID when there is a task of that name, or the name can't be a task's
   */
  addTask<Name extends string, H extends Head<unknown>>(
    task: Name,
    head: H,
    options: { readonly seed: number },
  ): MultiTaskModel<T & Readonly<Record<Name, H>>> {
    if (this.#heads.has(task))
      throw new EspalierError("CONFIG_INVALID", `there is a task "${task}" already`);
    const { dimension } = this.encoder;
    this.#heads.set(task, createTaskHead(task, head, { dimension, rng: createRng(options.seed) }));
    return this as unknown as MultiTaskModel<T & Readonly<Record<Name, H>>>;
  }

  /**
   * Takes a task out and frees its parameters.
   * @returns this model, its type without the task
   * @throws {EspalierError} NAME_UNKNOWN with the nearest task
   */
  removeTask<Name extends keyof T & string>(task: Name): MultiTaskModel<Omit<T, Name>> {
    this.#find(task).parameters.dispose();
    this.#heads.delete(task);
    return this as unknown as MultiTaskModel<Omit<T, Name>>;
  }

  /** The files of a model directory with the present weights: the encoder's, and `heads/`. */
  async files(): Promise<DirectoryFile[]> {
    return [
      ...(await this.encoder.files()),
      ...(await headsFiles([...this.#heads.values()], this.encoder.dimension)),
    ];
  }

  /**
   * Writes a sentence-transformers directory with the heads in `heads/`, all or nothing. Python opens it as any other
   * sentence transformer.
   * @throws {EspalierError} CONFIG_INVALID when the directory exists and `overwrite` is not set
   */
  async save(directory: string, options: { readonly overwrite?: boolean } = {}): Promise<void> {
    await writeDirectoryAtomic(directory, await this.files(), options);
  }

  /** Frees the parameters of the heads and of the encoder. */
  dispose(): void {
    this.#disposeHeads();
    this.encoder.dispose();
  }

  #disposeHeads(): void {
    for (const { parameters } of this.#heads.values()) parameters.dispose();
    this.#heads.clear();
  }

  #find(task: string): TaskHead {
    const head = this.#heads.get(task);
    if (head === undefined) {
      const known = [...this.#heads.keys()];
      throw new EspalierError(
        "NAME_UNKNOWN",
        `there is no task "${task}"${didYouMean(task, known)}; tasks: ${known.join(", ") || "none"}`,
      );
    }
    return head;
  }

  #perTask<Value>(value: (head: TaskHead) => Value): PerTask<T, Value> {
    return Object.fromEntries(
      Array.from(this.#heads, ([task, head]) => [task, value(head)]),
    ) as PerTask<T, Value>;
  }
}

function expectTargets(
  targets: Targets,
  {
    task,
    head,
    rows,
  }: { readonly task: string; readonly head: Head<unknown>; readonly rows: number },
): void {
  const { dtype, size } = head.target;
  const given = targets instanceof Int32Array ? "int32" : "float32";
  if (given !== dtype)
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `task "${task}": the targets are ${given}, a head of kind ${head.kind} takes ${dtype}`,
    );
  if (targets.length !== rows * size)
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `task "${task}": ${targets.length / size} targets for ${rows} rows of logits`,
    );
}

async function directoryOf(
  name: string,
  { cacheDirectory, offline }: Pick<LoadOptions, "cacheDirectory" | "offline">,
): Promise<string> {
  if (name === "use-lite")
    throw new EspalierError(
      "FILE_NOT_FOUND",
      `${name}: is a trunk without heads; load it with SentenceTransformer.load and give it tasks`,
    );
  return resolveModel(name, {
    ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
    ...(offline === undefined ? {} : { offline }),
  });
}
