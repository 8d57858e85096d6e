/** When something is an alert, as administrators have set it. */
import { alertRulesSchema, type AlertRules } from '#console/api/alerts.ts';
import { readMeta, writeMeta } from '#console/store/meta.ts';
import type { Db } from '#console/store/store.ts';

export async function readAlertRules(db: Db): Promise<AlertRules> {
  return alertRulesSchema.parse(JSON.parse((await readMeta(db, 'alert-rules')) ?? '{}'));
}

export async function writeAlertRules(db: Db, rules: AlertRules): Promise<void> {
  await writeMeta(db, 'alert-rules', JSON.stringify(rules));
}
