const marker: unique symbol = Symbol.for("espalier.error") as never;

/** Stable, documented reason for a failure; match on this, not on the message. */
export type ErrorCode =
  /** A tensor or array has another shape, length or dtype than the call needs. */
  | "SHAPE_MISMATCH"
  /** A setting (option, flag, recipe key, config file field) is unknown or has a bad value. */
  | "CONFIG_INVALID"
  /** A file or directory that should exist does not. */
  | "FILE_NOT_FOUND"
  /** A file exists but its content is broken or of an unknown format. */
  | "FILE_INVALID"
  /** A row of the user's data is broken: syntax, missing column, bad label. */
  | "DATA_INVALID"
  /** A label, task, column, module or parameter name that is not known. */
  | "NAME_UNKNOWN"
  /** A model directory uses something this version does not implement. */
  | "UNSUPPORTED"
  /** A backend is unknown or cannot be started on this machine. */
  | "BACKEND_UNAVAILABLE"
  /** A backend failed while it compiled or ran a graph. */
  | "BACKEND_FAILED"
  /** A download failed or the network is not reachable. */
  | "NETWORK_FAILED"
  /** A loss or gradient became NaN or infinite. */
  | "NOT_FINITE"
  /** The caller cancelled the work. */
  | "ABORTED";

/** The one error class of this library: everything it throws on purpose. */
export class EspalierError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "EspalierError";
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  /** True for an `EspalierError` of any copy of this package. */
  static isInstance(error: unknown): error is EspalierError {
    return typeof error === "object" && error !== null && marker in error;
  }
}
