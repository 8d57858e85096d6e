/* Stand-in for the vendor's agent on Windows: one program that is installer, service and control program, by its own name. */
#ifndef STAND_IN_H
#define STAND_IN_H
#include <winsock2.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA "C:\\ProgramData\\Sentinel"
/* What tests tell it to do wrong, and what it wrote down about itself; see scripted.ts. */
#define MISBEHAVIOUR "C:\\stand-in-misbehave.txt"
#define RUNS "C:\\stand-in-runs.txt"
/* Where test builds of the agent look for answers that Wine cannot give. */
#define ANSWERS "C:\\garrison-answers"
#define FOLDER "C:\\Program Files\\SentinelOne\\Sentinel Agent " VERSION
#define TEXT_MAX 1024

/* Value of a line KEY or KEY=VALUE of a text file; NULL when there is none. */
char *setting(const char *path, const char *key, char *value);
int misbehaves(const char *key, char *value);
int put(const char *path, const char *text);
int append(const char *path, const char *text);
void now_iso(char *text);
int is_file(const char *path);

int install_exe(int argc, char **argv);
int msi_step(const char *step, const char *token);
void lay_down(const char *token, int registers_itself);
int uninstall(void);
int control(int argc, char **argv);
void serve(const char *name);
#endif
