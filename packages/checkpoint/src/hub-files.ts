import { pickleOnly } from "./read-weights.ts";

/** A file of a model repository. */
export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** SHA-256 of a large file's content. */
  readonly sha256?: string;
  /** Git's object id of a small file: SHA-1 of `blob <size>\0<content>`. */
  readonly gitId?: string;
}

const SETTINGS =
  /^(config|modules|config_sentence_transformers|sentence_[\w-]+_config|adapter_config)\.json$/;
const TOKENIZER =
  /^(tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json$|^(vocab|merges)\.txt$|^(sentencepiece\.bpe|spiece|tokenizer)\.model$/;
const WEIGHTS = /^model(-\d+-of-\d+)?\.safetensors$|^model\.safetensors\.index\.json$/;
/** Module folders of sentence-transformers: `1_Pooling`, `2_Dense`. Others hold exports (`onnx/`, `openvino/`). */
const MODULE_FOLDER = /^\d+_\w+$/;

/** What a multi-task model has beside its trunk. */
const HEADS = /^heads\/heads\.(json|safetensors)$/;

/**
 * The files of a repository that loading it needs: settings, tokenizer and safetensors weights, of the root
 * and of module folders, and task heads.
 * @throws {EspalierError} UNSUPPORTED when a folder has its weights only as a PyTorch pickle, so that nothing is
 *   downloaded in vain
 */
export function neededFiles(files: readonly HubFile[], model: string): HubFile[] {
  const folders = new Map<string, HubFile[]>();
  for (const file of files) {
    const folder = file.path.slice(0, Math.max(0, file.path.lastIndexOf("/")));
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const ofTrunk = [...folders].flatMap(([folder, content]) =>
    folder === "" || MODULE_FOLDER.test(folder) ? ofFolder(content, `${model}/${folder}`) : [],
  );
  return [...ofTrunk, ...files.filter(({ path }) => HEADS.test(path))];
}

function ofFolder(content: readonly HubFile[], place: string): HubFile[] {
  const weights = content.filter((file) => WEIGHTS.test(name(file)));
  const pickle = content.find((file) => /^pytorch_model.*\.bin$/.test(name(file)));
  if (weights.length === 0 && pickle !== undefined)
    throw pickleOnly(`${place.replace(/\/$/, "")}/${name(pickle)}`);
  const single = weights.find((file) => name(file) === "model.safetensors");
  return [
    ...content.filter((file) => SETTINGS.test(name(file)) || TOKENIZER.test(name(file))),
    ...(single === undefined ? weights : [single]),
  ];
}

function name({ path }: HubFile): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
