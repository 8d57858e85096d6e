/** Asks the running daemon. Fault `agent.not-running` when nobody listens, `agent.not-root` when we may not ask. */
import axios from 'axios';
import { Fault, isFaultCode } from '#protocol/codes.ts';
import { problemSchema } from '#protocol/fault-record.ts';
import { socketName } from '#agent/control/server.ts';

export async function askDaemon(
  runtimeDirectory: string,
  request: { method: 'GET' | 'POST'; path: string; body?: unknown },
): Promise<unknown> {
  const answer = await axios
    .request<unknown>({
      adapter: 'http',
      socketPath: `${runtimeDirectory}/${socketName}`,
      url: `http://localhost${request.path}`,
      method: request.method,
      ...(request.body === undefined ? {} : { data: request.body }),
      proxy: false,
      timeout: 120_000,
      validateStatus: () => true,
    })
    .catch((error: unknown) => {
      throw unreachable(error);
    });
  if (answer.status === 200) return answer.data;
  const problem = problemSchema.safeParse(answer.data);
  if (problem.success && isFaultCode(problem.data.code)) throw new Fault(problem.data.code, problem.data.detail ?? '');
  throw new Fault('agent.defect', `the daemon answered with status ${answer.status}`);
}

function unreachable(error: unknown): Fault {
  const code = axios.isAxiosError(error) ? error.code : undefined;
  if (code === 'EACCES' || code === 'EPERM') return new Fault('agent.not-root', 'the control socket is for root only');
  return new Fault('agent.not-running', 'nobody answers on the control socket', { cause: error });
}
