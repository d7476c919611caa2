import type { SentenceTransformer } from "@espalier/encoder";
import type { EncodeWork } from "../workloads/encode-work.ts";

/** A model to encode with, and what is known of it. */
export interface EncodeSubject {
  readonly name: string;
  /** Model directory or `use-lite`. */
  readonly source: string;
  readonly model: SentenceTransformer;
}

/** How a peer is run. */
export interface EncodeSetting {
  readonly batchSize: number;
  /** True: the texts are put in order of length first, within the time. */
  readonly sorted: boolean;
}

export interface EncodeAnswer {
  readonly seconds: number;
  /** First values of the first vectors. */
  readonly sample: readonly (readonly number[])[];
}

/** Another program that encodes the same texts with the same weights. */
export interface OpenedPeer {
  /** What its best is looked for among; the first is used for the comparison of vectors. */
  readonly settings: readonly EncodeSetting[];
  encode(work: EncodeWork, setting: EncodeSetting): Promise<EncodeAnswer>;
  close(): void;
}

export interface EncodePeer extends OpenedPeer {
  readonly name: string;
}

/** Texts a launch that a peer's best is looked for among; in quick runs what is mostly the best. */
export function batchSizes({ quick }: { readonly quick: boolean }): number[] {
  return quick ? [8] : [32, 1, 8, 64];
}

/** `8, by length` */
export function settingTitle({ batchSize, sorted }: EncodeSetting): string {
  return `${batchSize}${sorted ? ", by length" : ""}`;
}
