/**
 * Where a forward may start: from tokens, from the token states after a layer (0 = lowest), or from finished sentence
 * vectors. The latter two are what a frozen part below gives and can be computed once.
 */
export type Boundary = "text" | { readonly afterLayer: number } | "pooled";
