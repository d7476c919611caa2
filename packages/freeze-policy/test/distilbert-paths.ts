import type { SizedParamPath } from "@espalier/freeze-policy";

const D = 32;
const F = 64;

/** The parameters of a DistilBERT with two heads, as a model lists them. */
export function distilbertPaths(layers: number, tasks: Record<string, number>): SizedParamPath[] {
  const paths: SizedParamPath[] = [];
  const add = (path: SizedParamPath) => paths.push(path);
  const pair = (
    name: string,
    shape: [number, number],
    where: Omit<SizedParamPath, "name" | "size">,
  ) => {
    add({ ...where, name: `${name}.weight`, size: shape[0] * shape[1] });
    add({ ...where, name: `${name}.bias`, size: shape[0] });
  };
  const embeddings = { group: "embeddings" } as const;
  add({ ...embeddings, name: "embeddings.word_embeddings.weight", size: 600 * D });
  add({ ...embeddings, name: "embeddings.position_embeddings.weight", size: 64 * D });
  pair("embeddings.LayerNorm", [D, 1], embeddings);
  for (let layer = 0; layer < layers; layer++) {
    const where = { group: "encoder", layer } as const;
    const prefix = `transformer.layer.${layer}`;
    for (const matrix of ["q_lin", "k_lin", "v_lin", "out_lin"])
      pair(`${prefix}.attention.${matrix}`, [D, D], where);
    pair(`${prefix}.sa_layer_norm`, [D, 1], where);
    pair(`${prefix}.ffn.lin1`, [F, D], where);
    pair(`${prefix}.ffn.lin2`, [D, F], where);
    pair(`${prefix}.output_layer_norm`, [D, 1], where);
  }
  for (const [task, labels] of Object.entries(tasks))
    pair(`heads.${task}`, [labels, D], { group: "head", task });
  return paths;
}
