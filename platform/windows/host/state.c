#include "state.h"

#include <aclapi.h>
#include <sddl.h>

#include <stdbool.h>

#include "files.h"

/* Owned by the administrators, closed to all but them and the system, nothing inherited; the agent asks for the same. */
static const wchar_t descriptor_text[] = L"O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

/* Who this service runs as: the system. */
static bool is_ourselves(PSID owner) {
  union {
    TOKEN_USER user;
    unsigned char room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  } own;
  DWORD size;
  HANDLE token;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return false;
  const bool known = GetTokenInformation(token, TokenUser, &own, sizeof own, &size);
  CloseHandle(token);
  return known && EqualSid(owner, own.user.User.Sid);
}

/* One that others own was not made by an installer, and is never put right: what is in it is theirs. */
static bool is_trusted(PSID owner) {
  return owner != NULL && (IsWellKnownSid(owner, WinBuiltinAdministratorsSid) || is_ourselves(owner));
}

/* The descriptor as text, for comparing; NULL when it cannot be told. Freed by the caller. */
static wchar_t *text_of(PSECURITY_DESCRIPTOR descriptor) {
  const SECURITY_INFORMATION parts =
      OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  wchar_t *text = NULL;
  return ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, parts, &text, NULL) ? text
                                                                                                              : NULL;
}

static DWORD set_rights(HANDLE directory, PSECURITY_DESCRIPTOR wanted) {
  PSID owner = NULL;
  PACL entries = NULL;
  BOOL defaulted, present;
  if (!GetSecurityDescriptorOwner(wanted, &owner, &defaulted) ||
      !GetSecurityDescriptorDacl(wanted, &present, &entries, &defaulted))
    return GetLastError();
  const SECURITY_INFORMATION parts =
      OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
  return SetSecurityInfo(directory, SE_FILE_OBJECT, parts, owner, NULL, entries, NULL);
}

static DWORD close_to_others(HANDLE directory, PSECURITY_DESCRIPTOR wanted) {
  BY_HANDLE_FILE_INFORMATION about;
  PSECURITY_DESCRIPTOR found = NULL;
  PSID owner = NULL;
  if (!GetFileInformationByHandle(directory, &about)) return GetLastError();
  if ((about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0 ||
      (about.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
    return ERROR_DIRECTORY;
  const SECURITY_INFORMATION parts =
      OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  const DWORD read = GetSecurityInfo(directory, SE_FILE_OBJECT, parts, &owner, NULL, NULL, NULL, &found);
  if (read != ERROR_SUCCESS) return read;
  wchar_t *has = text_of(found), *needs = text_of(wanted);
  DWORD result = ERROR_INVALID_OWNER;
  if (is_trusted(owner)) {
    const bool same = has != NULL && needs != NULL && lstrcmpW(has, needs) == 0;
    result = same ? ERROR_SUCCESS : set_rights(directory, wanted);
  }
  LocalFree(has);
  LocalFree(needs);
  LocalFree(found);
  return result;
}

static DWORD prepare(const wchar_t *path, PSECURITY_DESCRIPTOR wanted) {
  SECURITY_ATTRIBUTES attributes = {sizeof attributes, wanted, FALSE};
  if (CreateDirectoryW(path, &attributes)) return ERROR_SUCCESS;
  if (GetLastError() != ERROR_ALREADY_EXISTS) return GetLastError();
  const DWORD access = READ_CONTROL | WRITE_DAC | WRITE_OWNER | FILE_READ_ATTRIBUTES;
  const DWORD sharing = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  const DWORD flags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;
  const HANDLE directory = CreateFileW(path, access, sharing, NULL, OPEN_EXISTING, flags, NULL);
  if (directory == INVALID_HANDLE_VALUE) return GetLastError();
  const DWORD result = close_to_others(directory, wanted);
  CloseHandle(directory);
  return result;
}

DWORD state_prepare(void) {
  wchar_t path[PATH_SIZE];
  PSECURITY_DESCRIPTOR wanted = NULL;
  if (!path_below(path, L"State")) return ERROR_FILENAME_EXCED_RANGE;
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(descriptor_text, SDDL_REVISION_1, &wanted, NULL))
    return GetLastError();
  const DWORD result = prepare(path, wanted);
  LocalFree(wanted);
  return result;
}
