import type { EncodeWork } from "../workloads/encode-work.ts";

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
export interface EncodePeer {
  readonly name: string;
  /** What its best is looked for among; the first is used for the comparison of vectors. */
  readonly settings: readonly EncodeSetting[];
  encode(work: EncodeWork, setting: EncodeSetting): Promise<EncodeAnswer>;
  close(): void;
}

/** `8, by length` */
export function settingTitle({ batchSize, sorted }: EncodeSetting): string {
  return `${batchSize}${sorted ? ", by length" : ""}`;
}
