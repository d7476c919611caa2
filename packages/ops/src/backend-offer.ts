/**
 * A tfjs backend as something that it may offer beyond kernels, or undefined when it does not.
 * @param backend of `tf.backend()`
 * @param method which the offer is known by
 */
export function backendOffer<Offer extends object>(
  backend: unknown,
  method: keyof Offer,
): Offer | undefined {
  const candidate = backend as Partial<Offer> | null;
  return typeof candidate?.[method] === "function" ? (candidate as Offer) : undefined;
}
