/** What a job asks of the place it runs in, beside its {@link Resources}. */
export interface Requirements {
  /** One architecture, like `arm64`. */
  readonly architecture?: string;
  /** Features that must all be there. */
  readonly capabilities?: readonly string[];
  /** Regions of which one is enough. */
  readonly regions?: readonly string[];
  /** Labels that must all be there with just these values. */
  readonly labels?: Readonly<Record<string, string>>;
  /** A GPU model. */
  readonly gpuType?: string;
  /** A container runtime. */
  readonly runtime?: string;
}
