/**
 * Who is asking, as far as rows are concerned. Every function of the store takes a `Scope`; only this file makes one, so
 * that no query can forget whose rows it may touch (G9).
 */
class ScopeOfRows {
  /** Keeps look-alikes out: nothing else has this field. */
  readonly #made = true;
  readonly actor: string;
  readonly organisations: 'all' | readonly string[];

  constructor(actor: string, organisations: 'all' | readonly string[]) {
    this.actor = actor;
    this.organisations = organisations;
  }

  covers(organisationId: string): boolean {
    return this.#made && (this.organisations === 'all' || this.organisations.includes(organisationId));
  }
}

export type Scope = ScopeOfRows;

export interface ScopedOperator {
  readonly name: string;
  readonly organisationIds: readonly string[] | null;
}

export function operatorScope(operator: ScopedOperator): Scope {
  return new ScopeOfRows(`operator:${operator.name}`, operator.organisationIds ?? 'all');
}

/** A program of an operator's, told apart from the person in everything that is written down. */
export function apiKeyScope(key: ScopedOperator & { readonly keyId: string }): Scope {
  return new ScopeOfRows(`api-key:${key.keyId} of ${key.name}`, key.organisationIds ?? 'all');
}

/** A device that has proved its key sees its own organisation; handlers narrow to its own id. */
export function deviceScope(device: { readonly deviceId: string; readonly organisationId: string }): Scope {
  return new ScopeOfRows(`device:${device.deviceId}`, [device.organisationId]);
}

/** The console's own work: sweeps, key checks before anybody is known, the command line. `why` is kept in the audit log. */
export function consoleScope(why: string): Scope {
  return new ScopeOfRows(`console:${why}`, 'all');
}
