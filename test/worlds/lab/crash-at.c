/*
 * Kills a garrison-agent at one exact system call, without any seam in the product. Named in a container's /etc/ld.so.preload,
 * it looks at every change a garrison-agent makes below its state directory and its program root, and at every program it
 * starts. Three processes matter: the daemon ("agent", `run`), the shim ("shim", `run-installer`) and the watcher of an update
 * ("watcher", `watch-update`); one that runs from a version's directory has that version behind its role ("agent@0.1.0").
 * Everything else passes through untouched.
 *
 * /var/tmp/crash-at holds one order, read when a process starts and consumed (unlinked) by the process it kills:
 *     ROLE change N before   before the N-th change
 *     ROLE change N torn     in the middle of the N-th change, which is a write: half of its bytes arrive
 *     ROLE launch 0 never    after the fork for the installer (the agent's is systemd-run): the program never starts
 *     ROLE launch 0 orphan   after the fork: the program starts without the one who wanted it
 *     ROLE launch 0 done     the program has run to its end and nobody saw it
 *
 *     ROLE switch N before   before the N-th change to what decides which version is started (see `is_switch`)
 *     ROLE start|restart|kill N never|orphan|done   the same as at a launch, for the N-th of these that systemctl is asked for
 *
 * /var/tmp/crash-trace, when it exists, gets a line for each: ROLE PID change|switch N CALL PATH, ROLE PID launch 0 exec NAME,
 * ROLE PID start|restart|kill N exec systemctl, ROLE PID killed 0 - -, and ROLE PID gap 0 - - when a change is about to be
 * made while there is no program to start: after the change before it there was none.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const char state_directory[] = "/var/lib/garrison";
static const char program_root[] = "/opt/garrison/";
static const char current_program[] = "/opt/garrison/current/garrison-agent";
static const char floor_file[] = "/var/lib/garrison/update/floor";
static const char order_file[] = "/var/tmp/crash-at";
static const char trace_file[] = "/var/tmp/crash-trace";

static char role[80];
static char kind[16];
static char manner[16];
static int wanted;
static atomic_int changes;
static atomic_int switches;
/* Shared with forked children, which are what starts programs. */
static atomic_int *requests;

/* Own file access goes straight to the kernel: the names of the C library are the ones replaced here. */
static long slurp(const char *path, char *buffer, size_t size) {
  long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return -1;
  long length = syscall(SYS_read, fd, buffer, size - 1);
  syscall(SYS_close, fd);
  buffer[length < 0 ? 0 : length] = '\0';
  return length;
}

static void trace(const char *format, ...) {
  char line[2 * PATH_MAX];
  int saved = errno;
  long fd = syscall(SYS_openat, AT_FDCWD, trace_file, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
  if (fd >= 0) {
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    syscall(SYS_write, fd, line, length);
    syscall(SYS_close, fd);
  }
  errno = saved;
}

__attribute__((constructor)) static void look_who_i_am(void) {
  char buffer[4096], program[4096], who[80];
  ssize_t length = readlink("/proc/self/exe", buffer, sizeof buffer - 1);
  if (length < 0) return;
  buffer[length] = '\0';
  strcpy(program, buffer);
  char *name = strrchr(program, '/');
  if (name == NULL || strcmp(name, "/garrison-agent") != 0) return;
  *name = '\0';
  length = slurp("/proc/self/cmdline", buffer, sizeof buffer);
  if (length <= 0) return;
  const char *verb = buffer + strlen(buffer) + 1;
  if (verb >= buffer + length) return;
  if (strcmp(verb, "run") == 0) strcpy(role, "agent");
  if (strcmp(verb, "run-installer") == 0) strcpy(role, "shim");
  if (strcmp(verb, "watch-update") == 0) strcpy(role, "watcher");
  const char *version = strstr(program, "/versions/");
  if (role[0] != '\0' && version != NULL) snprintf(role + strlen(role), 64, "@%s", version + sizeof "/versions/" - 1);
  if (role[0] == '\0') return;
  requests = mmap(NULL, sizeof *requests, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (requests == MAP_FAILED) abort();
  if (slurp(order_file, buffer, sizeof buffer) <= 0) return;
  if (sscanf(buffer, "%79s %15s %d %15s", who, kind, &wanted, manner) != 4 || strcmp(who, role) != 0) kind[0] = '\0';
}

/* True for the one process that takes the order. */
static int taken(void) {
  if (syscall(SYS_unlinkat, AT_FDCWD, order_file, 0) != 0) return 0;
  trace("%s %d killed 0 - -\n", role, getpid());
  return 1;
}

static void die(pid_t pid) {
  kill(pid, SIGKILL);
  while (pid == getpid()) pause();
}

static int is_ours(const char *path) {
  size_t length = sizeof state_directory - 1;
  return strncmp(path, state_directory, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* The agent reaches files as /proc/self/fd/N/name. */
static const char *resolved(const char *path, char *buffer) {
  static const char descriptors[] = "/proc/self/fd/";
  if (strncmp(path, descriptors, sizeof descriptors - 1) != 0) return path;
  char link[64];
  const char *rest = strchr(path + sizeof descriptors - 1, '/');
  size_t head = rest == NULL ? strlen(path) : (size_t)(rest - path);
  if (head >= sizeof link) return path;
  memcpy(link, path, head);
  link[head] = '\0';
  ssize_t length = readlink(link, buffer, PATH_MAX - 1);
  if (length < 0) return path;
  buffer[length] = '\0';
  if (rest != NULL) strncat(buffer, rest, PATH_MAX - 1);
  return buffer;
}

/* What decides which version is started: links, notes, versions as a whole, the floor. Not what is laid out beside them. */
static int is_switch(const char *path) {
  if (strcmp(path, floor_file) == 0) return 1;
  return strncmp(path, program_root, sizeof program_root - 1) == 0 && strstr(path, "/.") == NULL;
}

static void switching(const char *call, const char *path) {
  if (syscall(SYS_faccessat, AT_FDCWD, current_program, X_OK) != 0) trace("%s %d gap 0 - -\n", role, getpid());
  int n = atomic_fetch_add(&switches, 1) + 1;
  trace("%s %d switch %d %s %s\n", role, getpid(), n, call, path);
  if (wanted == n && strcmp(kind, "switch") == 0 && taken()) die(getpid());
}

/* Counts one change; ends the process when its time has come. Returns 1 when the write is to be torn. */
static int change(const char *call, const char *path) {
  char buffer[2 * PATH_MAX];
  if (role[0] == '\0') return 0;
  const char *where = resolved(path, buffer);
  if (is_switch(where)) switching(call, where);
  if (!is_ours(where)) return 0;
  int n = atomic_fetch_add(&changes, 1) + 1;
  trace("%s %d change %d %s %s\n", role, getpid(), n, call, where);
  if (wanted != n || strcmp(kind, "change") != 0) return 0;
  if (strcmp(manner, "torn") == 0) return 1;
  if (taken()) die(getpid());
  return 0;
}

static int change_of(const char *call, int fd) {
  char path[64];
  if (role[0] == '\0') return 0;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return change(call, path);
}

static void tear(int fd, const void *bytes, size_t size) {
  if (!taken()) return;
  syscall(SYS_write, fd, bytes, size / 2);
  die(getpid());
}

#define real(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t size) {
  if (change_of("write", fd)) tear(fd, bytes, size);
  return real(write)(fd, bytes, size);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
  change_of("pwrite", fd);
  return real(pwrite64)(fd, bytes, size, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  change_of("writev", fd);
  return real(writev)(fd, parts, count);
}

int ftruncate64(int fd, off64_t size) {
  change_of("ftruncate", fd);
  return real(ftruncate64)(fd, size);
}

/* Making what is there changes nothing. */
static void make(const char *call, const char *path) {
  if (role[0] != '\0' && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0) change(call, path);
}

int open(const char *path, int flags, ...) {
  va_list values;
  va_start(values, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(values, mode_t) : 0;
  va_end(values);
  if (flags & O_CREAT) make("create", path);
  return real(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list values;
  va_start(values, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(values, mode_t) : 0;
  va_end(values);
  if (flags & O_CREAT) make("create", path);
  return real(open64)(path, flags, mode);
}

int mkdir(const char *path, mode_t mode) {
  make("mkdir", path);
  return real(mkdir)(path, mode);
}

int rmdir(const char *path) {
  change("rmdir", path);
  return real(rmdir)(path);
}

int unlink(const char *path) {
  change("unlink", path);
  return real(unlink)(path);
}

int symlink(const char *to, const char *path) {
  change("symlink", path);
  return real(symlink)(to, path);
}

int link(const char *from, const char *to) {
  change("link", to);
  return real(link)(from, to);
}

int rename(const char *from, const char *to) {
  change("rename", to);
  return real(rename)(from, to);
}

/* As exec leaves them: whoever waits for our exec by such a descriptor must not wait for the program's end. */
static void close_as_exec_would(void) {
  for (int fd = 3; fd < 1024; fd++) {
    int flags = fcntl(fd, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC)) close(fd);
  }
}

/* What an order may call this start of a program; NULL when nobody waits for it to go wrong. */
static const char *launch_of(const char *name, char *const argv[]) {
  if (role[0] == '\0') return NULL;
  if (strcmp(name, "systemctl") == 0) {
    const char *verb = argv[0] == NULL ? NULL : argv[1];
    for (const char *const *one = (const char *const[]){"start", "restart", "kill", NULL}; verb != NULL && *one != NULL; one++)
      if (strcmp(verb, *one) == 0) return *one;
    return NULL;
  }
  if (strcmp(role, "shim") == 0 || strncmp(role, "shim@", 5) == 0 || strcmp(name, "systemd-run") == 0) return "launch";
  return NULL;
}

/* In the forked child, before it becomes another program. */
int execvp(const char *file, char *const argv[]) {
  const char *slash = strrchr(file, '/');
  const char *name = slash == NULL ? file : slash + 1;
  const char *launch = launch_of(name, argv);
  if (launch == NULL) return real(execvp)(file, argv);
  int n = strcmp(launch, "launch") == 0 ? 0 : atomic_fetch_add(requests, 1) + 1;
  trace("%s %d %s %d exec %s\n", role, getppid(), launch, n, name);
  if (strcmp(kind, launch) != 0 || wanted != n) return real(execvp)(file, argv);
  pid_t parent = getppid();
  if (strcmp(manner, "done") == 0) {
    close_as_exec_would();
    pid_t program = fork();
    if (program == 0) return real(execvp)(file, argv);
    waitpid(program, NULL, 0);
  }
  if (!taken()) return real(execvp)(file, argv);
  die(parent);
  if (strcmp(manner, "orphan") == 0) return real(execvp)(file, argv);
  _exit(0);
}
