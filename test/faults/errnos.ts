/**
 * The errors that a call can have, for its own reasons, on a healthy program: from the man pages. EFAULT, EINVAL, EBADF
 * and the like say that the caller is wrong, and are left out.
 */
export const ERRNOS: Readonly<Record<string, readonly string[]>> = {
  // files
  access: ['EACCES', 'ENOENT', 'EIO'],
  chdir: ['ENOENT', 'EACCES'],
  chmod: ['EROFS', 'EPERM'],
  close: ['EIO'],
  copy_file_range: ['ENOSPC', 'EIO'],
  faccessat: ['EACCES', 'ENOENT', 'EIO'],
  faccessat2: ['EACCES', 'ENOENT', 'EIO'],
  fchmod: ['EROFS', 'EPERM'],
  fdatasync: ['EIO', 'ENOSPC'],
  flock: ['ENOLCK'],
  fstat: ['ENOMEM'],
  fsync: ['EIO', 'ENOSPC'],
  ftruncate: ['ENOSPC', 'EIO'],
  getcwd: ['ENOENT'],
  getdents64: ['EIO', 'ENOENT'],
  link: ['ENOSPC', 'EROFS', 'EACCES'],
  linkat: ['ENOSPC', 'EROFS', 'EACCES'],
  lstat: ['EACCES', 'ENOENT', 'ENOMEM'],
  mkdir: ['ENOSPC', 'EROFS', 'EACCES'],
  newfstatat: ['EACCES', 'ENOENT', 'ENOMEM'],
  open: ['EMFILE', 'ENFILE', 'EACCES', 'ENOENT', 'ENOSPC', 'EROFS', 'ENOMEM'],
  openat: ['EMFILE', 'ENFILE', 'EACCES', 'ENOENT', 'ENOSPC', 'EROFS', 'ENOMEM'],
  pread64: ['EIO'],
  pwrite64: ['ENOSPC', 'EIO'],
  pwritev: ['ENOSPC', 'EIO'],
  read: ['EIO', 'EAGAIN', 'ECONNRESET'],
  readlink: ['EACCES', 'ENOENT', 'EIO'],
  readv: ['EIO', 'EAGAIN', 'ECONNRESET'],
  rename: ['ENOSPC', 'EROFS', 'EACCES', 'ENOENT'],
  rmdir: ['EROFS', 'ENOTEMPTY'],
  stat: ['EACCES', 'ENOENT', 'ENOMEM'],
  statfs: ['EIO'],
  statx: ['EACCES', 'ENOENT', 'ENOMEM'],
  unlink: ['EROFS', 'EACCES', 'ENOENT'],
  utimensat: ['EROFS'],
  write: ['ENOSPC', 'EIO', 'EPIPE', 'EAGAIN'],
  writev: ['EPIPE', 'EAGAIN', 'ECONNRESET'],
  // descriptors
  dup: ['EMFILE'],
  dup2: ['EMFILE'],
  dup3: ['EMFILE'],
  epoll_create1: ['EMFILE', 'ENFILE', 'ENOMEM'],
  epoll_ctl: ['ENOMEM', 'ENOSPC'],
  epoll_pwait: ['EINTR'],
  epoll_wait: ['EINTR'],
  eventfd2: ['EMFILE', 'ENFILE', 'ENOMEM'],
  inotify_add_watch: ['ENOSPC', 'ENOMEM'],
  inotify_init1: ['EMFILE', 'ENOMEM'],
  io_uring_enter: ['EAGAIN'],
  io_uring_setup: ['EMFILE', 'ENOMEM', 'ENOSYS'],
  memfd_create: ['EMFILE', 'ENFILE', 'ENOMEM'],
  pipe2: ['EMFILE', 'ENFILE'],
  poll: ['EINTR', 'ENOMEM'],
  ppoll: ['EINTR', 'ENOMEM'],
  // sockets
  accept4: ['EMFILE', 'ENFILE', 'ECONNABORTED', 'ENOMEM'],
  bind: ['EADDRINUSE', 'EACCES', 'EROFS'],
  connect: ['ECONNREFUSED', 'ETIMEDOUT', 'EAGAIN'],
  getpeername: ['ENOTCONN'],
  getsockname: ['ENOBUFS'],
  listen: ['EADDRINUSE'],
  recvfrom: ['ECONNRESET', 'ENOMEM', 'EAGAIN'],
  recvmsg: ['ECONNRESET', 'ENOMEM', 'EAGAIN'],
  sendmsg: ['EPIPE', 'ENOMEM', 'EAGAIN', 'ECONNRESET'],
  sendto: ['EPIPE', 'ENOMEM', 'EAGAIN', 'ECONNRESET'],
  setsockopt: ['ENOBUFS'],
  shutdown: ['ENOTCONN'],
  socket: ['EMFILE', 'ENFILE', 'ENOBUFS'],
  socketpair: ['EMFILE', 'ENFILE'],
  // processes and memory
  brk: ['ENOMEM'],
  clock_nanosleep: ['EINTR'],
  clone: ['EAGAIN', 'ENOMEM'],
  clone3: ['EAGAIN', 'ENOMEM'],
  fork: ['EAGAIN', 'ENOMEM'],
  futex: ['EAGAIN'],
  getrandom: ['ENOSYS'],
  kill: ['ESRCH', 'EPERM'],
  madvise: ['ENOMEM'],
  mmap: ['ENOMEM'],
  mprotect: ['ENOMEM'],
  mremap: ['ENOMEM'],
  munmap: ['ENOMEM'],
  prctl: ['EPERM'],
  prlimit64: ['EPERM'],
  sched_getaffinity: ['ENOSYS'],
  sched_setaffinity: ['EPERM'],
  setsid: ['EPERM'],
  tgkill: ['ESRCH', 'EAGAIN'],
  vfork: ['EAGAIN', 'ENOMEM'],
  wait4: ['ECHILD', 'EINTR'],
};

/**
 * Calls without an error of their own (fcntl and ioctl: in what Node asks of them), or that end the caller; and execve, by which a fork of ours becomes another
 * program and leaves the trace, and symlink, by which the app of these runs notes what it accepted.
 */
export const WITHOUT: ReadonlySet<string> = new Set(
  `capget execve exit exit_group fcntl getegid geteuid getgid getpgrp getpid getppid getresuid getresgid getrusage getsockopt gettid
  getuid ioctl lseek membarrier pkey_alloc pkey_free pkey_mprotect restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask
  rt_sigreturn sched_yield set_robust_list set_tid_address sigaltstack symlink sysinfo umask uname arch_prctl
  clock_gettime gettimeofday getpriority setpriority sched_getscheduler sched_getparam sched_get_priority_max
  sched_get_priority_min`.split(/\s+/),
);

/** What a seccomp filter may answer to any call that has no row of its own. */
export const UNKNOWN: readonly string[] = ['ENOSYS'];
