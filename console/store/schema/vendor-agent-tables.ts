/** SentinelOne's own records of agents in mapped sites, as read last. Times in ms since 1970, flags 0 or 1. */
export interface VendorAgentTable {
  connection_id: string;
  vendor_agent_id: string;
  uuid: string;
  /** The device it belongs to: set only while its site is the one of that device's organisation, and kept after. */
  device_id: string | null;
  computer_name: string;
  site_id: string;
  agent_version: string | null;
  is_active: number;
  /** '' while it lives; else decommissioned, uninstalled, or vanished: not listed any more. */
  gone: string;
  gone_since: number | null;
  infected: number;
  active_threats: number;
  last_active_at: number | null;
  scan_status: string | null;
  /** detect, protect, or a word of a newer console. */
  mitigation_mode: string | null;
  /** JSON list: what SentinelOne says it needs, permissions it misses included. */
  needs: string;
  read_at: number;
  /** When an operator decided that it may be installed again after SentinelOne had removed it. */
  put_back_at: number | null;
  put_back_by: string | null;
}
