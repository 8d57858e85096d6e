#include "service.h"

#include "files.h"
#include "log.h"
#include "state.h"
#include "supervise.h"

#define RESTART_MS 5000
/* What one look at a stopping agent may take, and some more. */
#define WAIT_HINT_MS 10000
#define FORGET_FAILURES_SECONDS (24 * 60 * 60)

static SERVICE_STATUS_HANDLE handle;
static HANDLE stop;
static DWORD checkpoint;

static void tell(DWORD state, DWORD own_code) {
  SERVICE_STATUS status = {0};
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state;
  status.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN : 0;
  status.dwWin32ExitCode = own_code == 0 ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR;
  status.dwServiceSpecificExitCode = own_code;
  if (state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING) {
    checkpoint += 1;
    status.dwCheckPoint = checkpoint;
    status.dwWaitHint = WAIT_HINT_MS;
  }
  SetServiceStatus(handle, &status);
}

static void still_stopping(void) { tell(SERVICE_STOP_PENDING, 0); }

static DWORD WINAPI control(DWORD code, DWORD event, void *data, void *context) {
  (void)event, (void)data, (void)context;
  switch (code) {
  case SERVICE_CONTROL_STOP:
  case SERVICE_CONTROL_PRESHUTDOWN:
    still_stopping();
    SetEvent(stop);
    return NO_ERROR;
  case SERVICE_CONTROL_INTERROGATE:
    return NO_ERROR;
  default:
    return ERROR_CALL_NOT_IMPLEMENTED;
  }
}

/*
 * What neither the MSI's tables nor every version of `sc` can say: a host that is killed is started again, for ever, and a
 * shutdown waits for the agent's last words. Not being able to is no reason not to run.
 */
static void configure(void) {
  const SC_HANDLE services = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  if (services == NULL) return;
  const SC_HANDLE own = OpenServiceW(services, SERVICE_NAME, SERVICE_CHANGE_CONFIG | SERVICE_START);
  if (own != NULL) {
    SC_ACTION again = {SC_ACTION_RESTART, RESTART_MS};
    SERVICE_FAILURE_ACTIONSW failure = {FORGET_FAILURES_SECONDS, NULL, NULL, 1, &again};
    SERVICE_PRESHUTDOWN_INFO shutdown = {STOP_MS + RESTART_MS};
    ChangeServiceConfig2W(own, SERVICE_CONFIG_FAILURE_ACTIONS, &failure);
    ChangeServiceConfig2W(own, SERVICE_CONFIG_PRESHUTDOWN_INFO, &shutdown);
    CloseServiceHandle(own);
  }
  CloseServiceHandle(services);
}

static void WINAPI serve(DWORD count, wchar_t **words) {
  (void)count, (void)words;
  handle = RegisterServiceCtrlHandlerExW(SERVICE_NAME, control, NULL);
  if (handle == NULL) return;
  tell(SERVICE_START_PENDING, 0);
  const DWORD refused = state_prepare();
  if (refused != ERROR_SUCCESS) {
    tell(SERVICE_STOPPED, refused);
    return;
  }
  log_open();
  configure();
  supervise_settle();
  tell(SERVICE_RUNNING, 0);
  log_say("info", "the service has started", "\"pid\":%lu", GetCurrentProcessId());
  const DWORD code = supervise(stop, still_stopping);
  log_say("info", "the service has stopped", "\"exitCode\":%lu", code);
  tell(SERVICE_STOPPED, code);
}

DWORD service_serve(void) {
  SERVICE_TABLE_ENTRYW table[] = {{(wchar_t *)SERVICE_NAME, serve}, {NULL, NULL}};
  stop = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (stop == NULL) return GetLastError();
  return StartServiceCtrlDispatcherW(table) ? ERROR_SUCCESS : GetLastError();
}
