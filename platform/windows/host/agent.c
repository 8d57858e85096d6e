#include "agent.h"

#include <strsafe.h>

#include "environment.h"
#include "files.h"
#include "log.h"

/* Ten times what the agent uses; its children are in no job of ours. */
#define MEMORY_BYTES_MAX ((SIZE_T)1024 * 1024 * 1024)
#define HANDLES 3
#define READ_BYTES 4096
/* Something that the agent left behind may hold its pipes. */
#define DRAIN_MS 2000

static volatile LONG64 last_sign_ms;

/* Both ends of the agent's three standard handles: [0] input, [1] output, [2] error. */
struct pipes {
  HANDLE ours[HANDLES];
  HANDLE theirs[HANDLES];
};

static void close_all(HANDLE *handles) {
  for (int index = 0; index < HANDLES; index += 1)
    if (handles[index] != NULL) CloseHandle(handles[index]);
}

static bool make_pipes(struct pipes *pipes) {
  ZeroMemory(pipes, sizeof *pipes);
  for (int index = 0; index < HANDLES; index += 1) {
    HANDLE *reads = index == 0 ? &pipes->theirs[index] : &pipes->ours[index];
    HANDLE *writes = index == 0 ? &pipes->ours[index] : &pipes->theirs[index];
    if (!CreatePipe(reads, writes, NULL, 0) ||
        !SetHandleInformation(pipes->theirs[index], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT)) {
      const DWORD error = GetLastError();
      close_all(pipes->ours);
      close_all(pipes->theirs);
      SetLastError(error);
      return false;
    }
  }
  return true;
}

/*
 * It ends with us, and lets its children go: silently, because the runtime in the agent asks for no breakaway. A vendor's
 * installer must outlive the agent, this host and the service.
 */
static HANDLE make_job(void) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
  const HANDLE job = CreateJobObjectW(NULL, NULL);
  if (job == NULL) return NULL;
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK |
                                            JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION |
                                            JOB_OBJECT_LIMIT_PROCESS_MEMORY;
  limits.ProcessMemoryLimit = MEMORY_BYTES_MAX;
  if (SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) return job;
  CloseHandle(job);
  return NULL;
}

/* Suspended: it belongs to its job before its first step. Only the three handles are inherited. */
static bool create_process(const wchar_t *program, wchar_t *environment, struct pipes *pipes,
                           PROCESS_INFORMATION *made) {
  wchar_t command[PATH_SIZE + 16], windows[PATH_SIZE];
  STARTUPINFOEXW start = {0};
  unsigned char room[256];
  SIZE_T size = sizeof room;
  if (FAILED(StringCchPrintfW(command, PATH_SIZE + 16, L"\"%ls\" run", program))) return false;
  if (GetSystemWindowsDirectoryW(windows, PATH_SIZE) == 0) return false;
  start.StartupInfo.cb = sizeof start;
  start.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  start.StartupInfo.hStdInput = pipes->theirs[0];
  start.StartupInfo.hStdOutput = pipes->theirs[1];
  start.StartupInfo.hStdError = pipes->theirs[2];
  start.lpAttributeList = (LPPROC_THREAD_ATTRIBUTE_LIST)room;
  if (!InitializeProcThreadAttributeList(start.lpAttributeList, 1, 0, &size)) return false;
  /* Without a console, as the agent starts its shims: those of its children that need one get their own, hidden. */
  const DWORD flags = CREATE_SUSPENDED | DETACHED_PROCESS | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
  const bool created =
      UpdateProcThreadAttribute(start.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, pipes->theirs,
                                sizeof pipes->theirs, NULL, NULL) &&
      CreateProcessW(program, command, NULL, NULL, TRUE, flags, environment, windows, &start.StartupInfo, made);
  DeleteProcThreadAttributeList(start.lpAttributeList);
  return created;
}

static DWORD WINAPI read_signs(void *pipe) {
  char bytes[READ_BYTES];
  DWORD length;
  while (ReadFile(pipe, bytes, sizeof bytes, &length, NULL)) InterlockedExchange64(&last_sign_ms, (LONG64)GetTickCount64());
  CloseHandle(pipe);
  return 0;
}

static DWORD WINAPI read_log(void *pipe) {
  char bytes[READ_BYTES];
  DWORD length;
  while (ReadFile(pipe, bytes, sizeof bytes, &length, NULL)) log_append(bytes, length);
  CloseHandle(pipe);
  return 0;
}

/* Takes the pipe over, also when no thread can be made: the agent then writes into nothing. */
static HANDLE start_reader(LPTHREAD_START_ROUTINE reader, HANDLE pipe) {
  const HANDLE thread = CreateThread(NULL, 0, reader, pipe, 0, NULL);
  if (thread == NULL) CloseHandle(pipe);
  return thread;
}

static DWORD begin(struct agent *agent, struct pipes *pipes, const PROCESS_INFORMATION *made) {
  if (!AssignProcessToJobObject(agent->job, made->hProcess)) return GetLastError();
  agent->process = made->hProcess;
  agent->pid = made->dwProcessId;
  agent->started_ms = GetTickCount64();
  InterlockedExchange64(&last_sign_ms, (LONG64)agent->started_ms);
  agent->life_line = pipes->ours[0];
  agent->sign_reader = start_reader(read_signs, pipes->ours[1]);
  agent->log_reader = start_reader(read_log, pipes->ours[2]);
  ResumeThread(made->hThread);
  return ERROR_SUCCESS;
}

DWORD agent_start(struct agent *agent, const char *version, DWORD patience_ms) {
  wchar_t program[PATH_SIZE], environment[ENVIRONMENT_SIZE];
  struct pipes pipes;
  PROCESS_INFORMATION made;
  ZeroMemory(agent, sizeof *agent);
  if (!path_below(program, L"versions\\%hs\\garrison-agent.exe", version) ||
      !environment_build(patience_ms, environment))
    return ERROR_FILENAME_EXCED_RANGE;
  agent->job = make_job();
  if (agent->job == NULL) return GetLastError();
  if (!make_pipes(&pipes)) {
    const DWORD error = GetLastError();
    CloseHandle(agent->job);
    return error;
  }
  DWORD result = ERROR_SUCCESS;
  if (!create_process(program, environment, &pipes, &made)) {
    result = GetLastError();
  } else {
    result = begin(agent, &pipes, &made);
    if (result != ERROR_SUCCESS) {
      TerminateProcess(made.hProcess, 1);
      CloseHandle(made.hProcess);
    }
    CloseHandle(made.hThread);
  }
  close_all(pipes.theirs);
  if (result == ERROR_SUCCESS) return result;
  close_all(pipes.ours);
  CloseHandle(agent->job);
  return result;
}

uint64_t agent_last_sign_ms(void) { return (uint64_t)InterlockedCompareExchange64(&last_sign_ms, 0, 0); }

void agent_ask_to_stop(struct agent *agent) {
  if (agent->life_line != NULL) CloseHandle(agent->life_line);
  agent->life_line = NULL;
}

void agent_end(struct agent *agent) { TerminateProcess(agent->process, 1); }

static void join(HANDLE thread) {
  if (thread == NULL) return;
  if (WaitForSingleObject(thread, DRAIN_MS) == WAIT_TIMEOUT) CancelSynchronousIo(thread);
  WaitForSingleObject(thread, DRAIN_MS);
  CloseHandle(thread);
}

DWORD agent_close(struct agent *agent) {
  DWORD code = 0;
  WaitForSingleObject(agent->process, INFINITE);
  GetExitCodeProcess(agent->process, &code);
  agent_ask_to_stop(agent);
  join(agent->sign_reader);
  join(agent->log_reader);
  CloseHandle(agent->process);
  CloseHandle(agent->job);
  return code;
}
