/* garrison-service.exe: the program that the Windows service manager starts. See README.md. */
#include <windows.h>

#include "files.h"
#include "service.h"

/*
 * Before anything is loaded by name: from System32 only. What this program needs from its start are libraries that Windows
 * knows by itself (kernel32, advapi32, msvcrt), and it stands in a directory where only administrators write.
 */
static void close_search(void) {
  SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
  SetDllDirectoryW(L"");
  HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
}

/* Without a window and a console: the manager gives neither. Started by hand it ends at once with 1063. */
int WINAPI WinMain(HINSTANCE instance, HINSTANCE previous, LPSTR command, int show) {
  (void)instance, (void)previous, (void)command, (void)show;
  close_search();
  if (!files_find_root()) return (int)GetLastError();
  return (int)service_serve();
}
