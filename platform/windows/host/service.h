/* The service manager's side. */
#ifndef GARRISON_SERVICE_H
#define GARRISON_SERVICE_H

#include <windows.h>

/* As the MSI and `garrison-agent service install` register it. */
#define SERVICE_NAME L"GarrisonAgent"

/* Serves until stopped. ERROR_SUCCESS, or ERROR_FAILED_SERVICE_CONTROLLER_CONNECT when a person started this program. */
DWORD service_serve(void);

#endif
