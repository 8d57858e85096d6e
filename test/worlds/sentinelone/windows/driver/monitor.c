/* The stand-in's kernel driver: it is loaded, and that is all. */
__stdcall long DriverEntry(void *driver, void *key) {
  (void)driver, (void)key;
  return 0;
}
