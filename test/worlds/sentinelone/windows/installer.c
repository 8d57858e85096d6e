/*
 * The vendor's installer as its documentation describes it: -t TOKEN -q, a code that is also left in a file, a new folder for
 * each version, services, an uninstall entry whose version has lost its third number.
 */
#include "stand-in.h"
#include <tlhelp32.h>

#define CODE_FILE "C:\\Windows\\Temp\\SC-exit-code.txt"
#define UNINSTALL "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{5E471E10-0000-4000-8000-000000000001}"
#define CLASS_ID "{5E471E10-0000-4000-8000-0000000000C0}"

static const char *services[] = {"SentinelAgent", "SentinelHelperService", "SentinelStaticEngine", "LogProcessorService"};
#define SERVICES (sizeof services / sizeof *services)

static void write_value(const char *key, const char *name, const char *value) {
  HKEY opened;
  RegCreateKeyExA(HKEY_LOCAL_MACHINE, key, 0, NULL, 0, KEY_WRITE, NULL, &opened, NULL);
  RegSetValueExA(opened, name, 0, REG_SZ, (const BYTE *)value, strlen(value) + 1);
  RegCloseKey(opened);
}

static void note_run(const char *format, const char *event) {
  char at[40], line[TEXT_MAX];
  now_iso(at);
  snprintf(line, sizeof line, "%s %s %s %s install\n", at, format, VERSION, event);
  append(RUNS, line);
}

/* Base64 of a small JSON object with the keys url and site_key. */
static int read_token(const char *token, char *url, char *key) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char text[TEXT_MAX * 2] = "", *at;
  unsigned bits = 0, count = 0, size = 0;
  for (; *token && *token != '=' && size < sizeof text - 1; token++) {
    const char *letter = strchr(letters, *token);
    if (!letter) return 0;
    bits = bits << 6 | (unsigned)(letter - letters);
    if ((count += 6) >= 8) text[size++] = (char)(bits >> (count -= 8));
  }
  text[size] = 0;
  if (!(at = strstr(text, "\"url\":\"")) || sscanf(at + 7, "%500[^\"]", url) != 1) return 0;
  return (at = strstr(text, "\"site_key\":\"")) && sscanf(at + 12, "%500[^\"]", key) == 1;
}

static void configure(const char *token) {
  char url[TEXT_MAX], key[TEXT_MAX], path[MAX_PATH], value[TEXT_MAX];
  unsigned char random[16];
  HMODULE crypto = LoadLibraryA("advapi32.dll");
  BOOLEAN(WINAPI * fill)(void *, ULONG) = (BOOLEAN(WINAPI *)(void *, ULONG))(void *)GetProcAddress(crypto, "SystemFunction036");
  if (!read_token(token, url, key)) return;
  if (misbehaves("wrong-site", value)) strcpy(key, value[0] ? value : "g_0000000000000000");
  CreateDirectoryA(DATA, NULL);
  snprintf(path, sizeof path, "%s\\uuid", DATA);
  if (!is_file(path)) {
    char uuid[40];
    fill(random, sizeof random);
    for (int i = 0; i < 16; i++) sprintf(uuid + 2 * i, "%02x", random[i]);
    put(path, uuid);
  }
  snprintf(value, sizeof value, "url=%s\nsite-key=%s\n", url, key);
  snprintf(path, sizeof path, "%s\\configuration", DATA);
  put(path, value);
}

static void register_service(const char *name, int starts) {
  char path[MAX_PATH + 2];
  SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS), service;
  snprintf(path, sizeof path, "\"%s\\%s.exe\"", FOLDER, name);
  service = CreateServiceA(manager, name, name, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                           SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL, NULL);
  if (!service) service = OpenServiceA(manager, name, SERVICE_ALL_ACCESS);
  if (starts) StartServiceA(service, 0, NULL);
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
}

/* The kernel driver lies in the program as a resource; the services come after it. */
static void load_driver(void) {
  static const char path[] = "C:\\Windows\\System32\\drivers\\SentinelMonitor.sys";
  HRSRC found = FindResourceA(NULL, "MONITOR", (LPCSTR)RT_RCDATA);
  SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS), driver;
  FILE *file = fopen(path, "wb");
  if (file && found) fwrite(LockResource(LoadResource(NULL, found)), SizeofResource(NULL, found), 1, file);
  if (file) fclose(file);
  driver = CreateServiceA(manager, "SentinelMonitor", "SentinelMonitor", SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                          SERVICE_SYSTEM_START, SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL, NULL);
  if (!driver) driver = OpenServiceA(manager, "SentinelMonitor", SERVICE_ALL_ACCESS);
  StartServiceA(driver, 0, NULL);
  CloseServiceHandle(driver);
  CloseServiceHandle(manager);
}

static void make_folder(void) {
  CreateDirectoryA("C:\\Program Files\\SentinelOne", NULL);
  CreateDirectoryA(FOLDER, NULL);
}

void lay_down(const char *token, int registers_itself) {
  char own[MAX_PATH], path[MAX_PATH];
  GetModuleFileNameA(NULL, own, sizeof own);
  if (registers_itself) {
    make_folder();
    for (unsigned i = 0; i < SERVICES; i++) {
      snprintf(path, sizeof path, "%s\\%s.exe", FOLDER, services[i]);
      CopyFileA(own, path, FALSE);
    }
    CopyFileA(own, FOLDER "\\SentinelCtl.exe", FALSE);
    write_value(UNINSTALL, "DisplayName", "Sentinel Agent");
    write_value(UNINSTALL, "DisplayVersion", SHORT_VERSION);
    write_value(UNINSTALL, "Publisher", "Garrison tests");
    write_value(UNINSTALL, "UninstallString", "\"" FOLDER "\\SentinelAgent.exe\" /uninstall");
  }
  write_value("SOFTWARE\\Classes\\SentinelHelper.1\\CLSID", NULL, CLASS_ID);
  write_value("SOFTWARE\\Classes\\CLSID\\" CLASS_ID "\\LocalServer32", NULL, "\"" FOLDER "\\SentinelHelperService.exe\"");
  if (token[0]) configure(token);
  load_driver();
  for (unsigned i = 0; i < SERVICES; i++) register_service(services[i], !misbehaves("not-started", NULL));
}

static void misbehaved(void) {
  if (misbehaves("once", NULL)) MoveFileExA(MISBEHAVIOUR, MISBEHAVIOUR ".done", MOVEFILE_REPLACE_EXISTING);
}

static void wait_as_told(const char *key) {
  char value[TEXT_MAX];
  if (misbehaves(key, value)) Sleep((DWORD)(atof(value) * 1000));
}

static int finish(int code) {
  char text[TEXT_MAX], told[TEXT_MAX];
  snprintf(text, sizeof text, "%d", code);
  if (misbehaves("file-exit", told)) strcpy(text, told);
  if (!misbehaves("no-code-file", NULL)) put(CODE_FILE, text);
  misbehaved();
  return code;
}

/* Unpacks itself under the vendor's name, lets that do the work and ends at once with 0. */
static int return_early(const char *token) {
  static const char unpacked[] = "C:\\Windows\\Temp\\SentinelOneInstaller_unpacked.exe";
  STARTUPINFOA start = {.cb = sizeof start};
  PROCESS_INFORMATION child;
  char own[MAX_PATH], command[4 * TEXT_MAX];
  GetModuleFileNameA(NULL, own, sizeof own);
  CopyFileA(own, unpacked, FALSE);
  snprintf(command, sizeof command, "\"%s\" -t %s -q --on", unpacked, token);
  return CreateProcessA(NULL, command, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL, &start, &child) ? 0 : 2000;
}

int install_exe(int argc, char **argv) {
  char value[TEXT_MAX];
  const char *token = "";
  int quiet = 0, goes_on = 0, code = 0;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "-t") && i + 1 < argc) token = argv[++i];
    else if (!strcmp(argv[i], "-q") || !strcmp(argv[i], "--qn")) quiet = 1;
    else if (!strcmp(argv[i], "--on")) goes_on = 1;
    else return 206;
  }
  if (!goes_on) {
    note_run("exe", "installer-run");
    if (!token[0]) return finish(2008);
    if (!quiet) return finish(2010);
    if (misbehaves("early", NULL)) return return_early(token);
  }
  wait_as_told("hang");
  if (misbehaves("exit", value)) code = atoi(value);
  if (misbehaves("installs-nothing", NULL)) return finish(code);
  lay_down(token, 1);
  note_run("exe", "configure");
  wait_as_told("delay");
  return finish(code);
}

/* The process that runs the package: msiexec cannot be told its code, so it is ended with it. This one may go on for a while. */
static void end_msiexec(int code) {
  PROCESSENTRY32 entry = {.dwSize = sizeof entry};
  HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  DWORD own = GetCurrentProcessId(), parent = 0;
  for (int more = Process32First(all, &entry); more; more = Process32Next(all, &entry))
    if (entry.th32ProcessID == own) parent = entry.th32ParentProcessID;
  TerminateProcess(OpenProcess(PROCESS_TERMINATE, FALSE, parent), (UINT)code);
  wait_as_told("lingers");
  ExitProcess(0);
}

/* Run by the package: `begin` before anything is laid down, `end` when all is. */
int msi_step(const char *step, const char *token) {
  char value[TEXT_MAX];
  int code = misbehaves("exit", value) ? atoi(value) : 0, nothing = misbehaves("installs-nothing", NULL);
  if (!strcmp(step, "begin")) {
    note_run("msi", "installer-run");
    wait_as_told("hang");
    if (!nothing) return 0;
    misbehaved();
  } else {
    lay_down(token, 0);
    note_run("msi", "configure");
    wait_as_told("delay");
    misbehaved();
  }
  if (code) end_msiexec(code);
  return 0;
}

int uninstall(void) {
  SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
  for (unsigned i = 0; i < SERVICES; i++) {
    SERVICE_STATUS status;
    SC_HANDLE service = OpenServiceA(manager, services[i], SERVICE_ALL_ACCESS);
    ControlService(service, SERVICE_CONTROL_STOP, &status);
    DeleteService(service);
    CloseServiceHandle(service);
  }
  RegDeleteKeyA(HKEY_LOCAL_MACHINE, UNINSTALL);
  note_run("exe", "remove");
  return 0;
}
