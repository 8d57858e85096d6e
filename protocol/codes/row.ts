export type FaultClass = 'transient' | 'condition' | 'permanent' | 'defect';

export interface CodeRow {
  readonly class: FaultClass;
  /** For the administrator, one line. */
  readonly title: string;
  /** What to do, in plain words; never blames. */
  readonly remedy: string;
}
