/* The installed agent: four services, of which one registers with the stand-in console and reports, and the control program. */
#include "stand-in.h"

static SERVICE_STATUS_HANDLE handle;
static HANDLE stopping;
static char own_name[64];

static void report(DWORD state) {
  SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, state, SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN, 0, 0, 0, 0};
  SetServiceStatus(handle, &status);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context) {
  (void)type, (void)data, (void)context;
  if (control == SERVICE_CONTROL_STOP || control == SERVICE_CONTROL_SHUTDOWN) SetEvent(stopping);
  return NO_ERROR;
}

static void of_configuration(const char *key, char *value) {
  if (!setting(DATA "\\configuration", key, value)) value[0] = 0;
}

static void read_uuid(char *uuid) {
  FILE *file = fopen(DATA "\\uuid", "r");
  uuid[0] = 0;
  if (!file) return;
  if (!fgets(uuid, 40, file)) uuid[0] = 0;
  fclose(file);
}

/* HTTP status of a form posted to the console, 0 when it cannot be reached. Plain HTTP to a loopback address only. */
static int post(const char *path, const char *form) {
  char url[TEXT_MAX], host[256], request[3 * TEXT_MAX], answer[64] = "";
  int port = 80, status = 0;
  struct sockaddr_in address = {0};
  SOCKET connection;
  of_configuration("url", url);
  if (sscanf(url, "http://%255[^:/]:%d", host, &port) < 1) return 0;
  address.sin_family = AF_INET;
  address.sin_port = htons((u_short)port);
  address.sin_addr.s_addr = inet_addr(host);
  connection = socket(AF_INET, SOCK_STREAM, 0);
  if (!connect(connection, (struct sockaddr *)&address, sizeof address)) {
    int size = snprintf(request, sizeof request,
                        "POST %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                        "Content-Length: %d\r\nConnection: close\r\n\r\n%s", path, host, port, (int)strlen(form), form);
    send(connection, request, size, 0);
    if (recv(connection, answer, sizeof answer - 1, 0) > 0) sscanf(answer, "HTTP/1.%*d %d", &status);
  }
  closesocket(connection);
  return status;
}

/* What the vendor's component would answer, put where a test build of the agent reads it: Wine has no way to ask a component. */
static void put_component_answer(int connected) {
  char uuid[40], url[TEXT_MAX], at[40], text[4 * TEXT_MAX];
  static char last_seen[40] = "";
  read_uuid(uuid);
  of_configuration("url", url);
  now_iso(at);
  if (connected) strcpy(last_seen, at);
  snprintf(text, sizeof text,
           "{\"text\":\"{\\\"agent-id\\\":\\\"%s\\\",\\\"agent-version\\\":\\\"%s\\\",\\\"mgmt-url\\\":\\\"%s\\\","
           "\\\"last-seen\\\":\\\"%s\\\",\\\"self-protection-enabled\\\":true,\\\"enforcing-security\\\":%s,"
           "\\\"agent-running\\\":true,\\\"active-threats-present\\\":false,\\\"reboot-reasons\\\":[]}\"}",
           uuid, VERSION, url, last_seen, misbehaves("disabled", NULL) ? "false" : "true");
  put(ANSWERS "\\com.json", text);
}

static void report_for_ever(void) {
  char registered[2 * TEXT_MAX] = "", wanted[2 * TEXT_MAX], uuid[40], url[TEXT_MAX], key[TEXT_MAX], computer[64], form[3 * TEXT_MAX];
  DWORD size = sizeof computer;
  WSADATA data;
  WSAStartup(MAKEWORD(2, 2), &data);
  GetComputerNameA(computer, &size);
  for (;;) {
    int status = 0;
    read_uuid(uuid);
    of_configuration("url", url);
    of_configuration("site-key", key);
    snprintf(wanted, sizeof wanted, "%s %s", key, url);
    if (misbehaves("never-registers", NULL)) status = 0;
    else if (!strcmp(registered, wanted)) {
      snprintf(form, sizeof form, "uuid=%s&version=%s", uuid, VERSION);
      status = post("/stand-in/heartbeat", form);
    } else {
      snprintf(form, sizeof form,
               "uuid=%s&version=%s&siteKey=%s&computerName=%s&os=windows&osName=Windows&installerType=.exe&machineType=desktop",
               uuid, VERSION, key, computer);
      status = post("/stand-in/register", form);
      if (status == 200) strcpy(registered, wanted);
    }
    put(DATA "\\connected", status == 200 ? "yes" : "no");
    put_component_answer(status == 200);
    if (WaitForSingleObject(stopping, status == 200 ? 5000 : 1000) == WAIT_OBJECT_0) return;
  }
}

static void WINAPI service_main(DWORD argc, char **argv) {
  (void)argc, (void)argv;
  handle = RegisterServiceCtrlHandlerExA(own_name, on_control, NULL);
  stopping = CreateEventA(NULL, TRUE, FALSE, NULL);
  report(SERVICE_RUNNING);
  if (!_stricmp(own_name, "SentinelAgent")) report_for_ever();
  else WaitForSingleObject(stopping, INFINITE);
  report(SERVICE_STOPPED);
}

void serve(const char *name) {
  SERVICE_TABLE_ENTRYA table[] = {{own_name, service_main}, {NULL, NULL}};
  strncpy(own_name, name, sizeof own_name - 1);
  StartServiceCtrlDispatcherA(table);
}

static int running(const char *name) {
  SERVICE_STATUS status = {0};
  SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
  SC_HANDLE service = OpenServiceA(manager, name, SERVICE_QUERY_STATUS);
  QueryServiceStatus(service, &status);
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
  return status.dwCurrentState == SERVICE_RUNNING;
}

int control(int argc, char **argv) {
  char uuid[40];
  const char *not = running("SentinelAgent") ? "" : "not ";
  if (argc == 2 && !strcmp(argv[1], "agent_id")) {
    read_uuid(uuid);
    printf("%s\n", uuid);
    return 0;
  }
  if (argc != 2 || strcmp(argv[1], "status")) return 1;
  printf("Disable State: %s\n", misbehaves("disabled", NULL) ? "Disabled by the user" : "Not disabled by the user");
  printf("SentinelMonitor is loaded\nSelf-Protection status: On\nMonitor Build id: %s+0123456789abcdef-Release.%s\n", VERSION,
         sizeof(void *) == 8 ? "x64" : "x86");
  printf("SentinelAgent is %sloaded\nSentinelAgent is %srunning%s\nMitigation policy: quarantineThreat\n", not, not,
         not[0] ? "" : " as PPL");
  return 0;
}
