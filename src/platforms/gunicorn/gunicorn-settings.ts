/** One setting of Gunicorn: what stands for it here. */
interface GunicornSetting {
  /** As in gunicorn.conf.py. */
  readonly name: string;
  /** Its flags, without dashes; none where only the file has it. */
  readonly flags: readonly string[];
  /** Our option, hook or place; empty where there is none. */
  readonly ours: string;
  /** What differs, or why there is none. */
  readonly note: string;
}

const OWN_HTTP = 'The app has its own HTTP server';
const OF_PYTHON = 'It is about Python.';
const NO_STATSD = 'No StatsD; metrics go by OTLP or are scraped.';
const FORWARDED = "The app's framework decides whom it believes, such as trust proxy in Express.";

/** Every setting of Gunicorn 23. docs/GUNICORN.md is made from it, and what is said when its flag is typed. */
export const GUNICORN_SETTINGS: readonly GunicornSetting[] = [
  row('config', ['config', 'c'], '--config', 'kf-cluster.config.mjs beside the app is found by itself.'),
  row(
    'bind',
    ['bind', 'b'],
    'PORT, HOST',
    'The app calls listen() itself; its workers share the port. Set what it reads.',
  ),
  row('backlog', ['backlog'], '--backlog', 'Where the app itself names no number; 511 is the default of Node.'),
  row(
    'workers',
    ['workers', 'w'],
    '--workers',
    'auto counts what affinity and the cgroup allow; WEB_CONCURRENCY is read too.',
  ),
  row('worker_class', ['worker-class', 'k'], '', 'A worker of Node is asynchronous; there is one kind.'),
  row('threads', ['threads'], '', 'A worker of Node is asynchronous; take more workers.'),
  row('worker_connections', ['worker-connections'], 'server.maxConnections', `${OWN_HTTP}.`),
  row('max_requests', ['max-requests'], '--max-requests', 'The successor is ready before the worker goes.'),
  row(
    'max_requests_jitter',
    ['max-requests-jitter'],
    '--max-requests-jitter',
    'A share such as 10%, not a number of requests; it shortens.',
  ),
  row(
    'timeout',
    ['timeout', 't'],
    '--hang-timeout',
    'For a blocked event loop, whose stack is logged; a slow request is no hang.',
  ),
  row('graceful_timeout', ['graceful-timeout'], '--drain-timeout', 'Then --flush-timeout for the last spans.'),
  row(
    'keepalive',
    ['keep-alive'],
    '--keep-alive-timeout',
    "Where the app has left Node's default of 5 s; also --headers-timeout and --request-timeout.",
  ),
  row(
    'limit_request_line',
    ['limit-request-line'],
    '--node-args=--max-http-header-size=16384',
    'Line and headers together.',
  ),
  row('limit_request_fields', ['limit-request-fields'], 'server.maxHeadersCount', `${OWN_HTTP}.`),
  row(
    'limit_request_field_size',
    ['limit-request-field_size'],
    '--node-args=--max-http-header-size=16384',
    'Line and headers together.',
  ),
  row('reload', ['reload'], '--watch', 'A generation that fails leaves the old one serving.'),
  row('reload_engine', ['reload-engine'], '', "Files are watched by the system's own notices."),
  row('reload_extra_files', ['reload-extra-file'], '--watch-path', 'Files and directories; repeatable.'),
  row('spew', ['spew'], '', OF_PYTHON),
  row('check_config', ['check-config'], 'kf-cluster config app.js', 'Exit code 78 where it is wrong.'),
  row('print_config', ['print-config'], 'kf-cluster config app.js', 'Each option, its value and where it came from.'),
  row(
    'accesslog',
    ['access-logfile'],
    '--access-log',
    'Each worker writes it; - is stdout. With --access-log-format traced or json it has the trace id.',
  ),
  row(
    'access_log_format',
    ['access-logformat'],
    '--access-log-format',
    'Its spelling is taken: %(h)s, %({referer}i)s.',
  ),
  row('disable_redirect_access_to_syslog', ['disable-redirect-access-to-syslog'], '', 'There is no syslog.'),
  row(
    'errorlog',
    ['error-logfile', 'log-file'],
    '--log-file',
    'Our lines and the output of the workers, rotated by --log-max-size; - is stdout.',
  ),
  row('loglevel', ['log-level'], '--log-level', ''),
  row(
    'capture_output',
    ['capture-output'],
    '--log-file',
    'Output of the workers is in it anyway; --capture-logs makes log records of it.',
  ),
  row('logger_class', ['logger-class'], '--log-format', 'pretty or json.'),
  row('logconfig', ['log-config'], '--log-format, --log-level', ''),
  row('logconfig_dict', [], '--log-format, --log-level', ''),
  row('logconfig_json', ['log-config-json'], '--log-format, --log-level', ''),
  row('syslog_addr', ['log-syslog-to'], '', 'To stderr; systemd and Docker pass it on.'),
  row('syslog', ['log-syslog'], '', 'To stderr; systemd and Docker pass it on.'),
  row('syslog_prefix', ['log-syslog-prefix'], '', 'To stderr; systemd and Docker pass it on.'),
  row('syslog_facility', ['log-syslog-facility'], '', 'To stderr; systemd and Docker pass it on.'),
  row('enable_stdio_inheritance', ['enable-stdio-inheritance'], '', 'Workers always have our output.'),
  row('statsd_host', ['statsd-host'], '--metrics-exporter, --admin-port', NO_STATSD),
  row('dogstatsd_tags', ['dogstatsd-tags'], 'OTEL_RESOURCE_ATTRIBUTES', NO_STATSD),
  row('statsd_prefix', ['statsd-prefix'], '', NO_STATSD),
  row('proc_name', ['name', 'n'], '--name', 'Also service.name, unless --service-name says otherwise.'),
  row('default_proc_name', [], '--name', ''),
  row(
    'keyfile',
    ['keyfile'],
    'https.createServer({ key })',
    `${OWN_HTTP}; a certificate that is replaced is read by a reload.`,
  ),
  row('certfile', ['certfile'], 'https.createServer({ cert })', `${OWN_HTTP}.`),
  row('ssl_version', ['ssl-version'], 'https.createServer({ minVersion })', `${OWN_HTTP}.`),
  row('cert_reqs', ['cert-reqs'], 'https.createServer({ requestCert })', `${OWN_HTTP}.`),
  row('ca_certs', ['ca-certs'], 'https.createServer({ ca })', `${OWN_HTTP}.`),
  row('ciphers', ['ciphers'], 'https.createServer({ ciphers })', `${OWN_HTTP}.`),
  row('suppress_ragged_eofs', ['suppress-ragged-eofs'], '', OF_PYTHON),
  row('do_handshake_on_connect', ['do-handshake-on-connect'], '', OF_PYTHON),
  row(
    'preload_app',
    ['preload'],
    '',
    'fork() of Node copies nothing: each worker loads the app. Node keeps its compiled code (22.1 and newer).',
  ),
  row('sendfile', ['no-sendfile'], '', 'The app sends files.'),
  row(
    'reuse_port',
    ['reuse-port'],
    '--scheduling reuseport',
    'The kernel resets what a closing worker has not accepted; shared loses nothing.',
  ),
  row('chdir', ['chdir'], '--cwd', ''),
  row('daemon', ['daemon', 'D'], '--daemon', 'Returns when all workers are ready.'),
  row('raw_env', ['env', 'e'], '--env-file', 'Or env in the config file.'),
  row('pidfile', ['pid', 'p'], '--pidfile', ''),
  row('worker_tmp_dir', ['worker-tmp-dir'], '', 'There is no heartbeat file.'),
  row(
    'user',
    ['user', 'u'],
    '--user',
    'The supervisor too: nothing of it stays root. An app of an ecosystem file has uid.',
  ),
  row('group', ['group', 'g'], '--group', "Without it the user's own. An app of an ecosystem file has gid."),
  row('umask', ['umask', 'm'], '--umask', 'Octal; the supervisor and its workers.'),
  row('initgroups', ['initgroups'], '--user', 'Always: the user has all its groups.'),
  row('tmp_upload_dir', [], 'TMPDIR', ''),
  row('secure_scheme_headers', [], '', FORWARDED),
  row('forwarded_allow_ips', ['forwarded-allow-ips'], '--access-log-trust', `For the access log. ${FORWARDED}`),
  row('forwarder_headers', ['forwarder-headers'], '', FORWARDED),
  row('header_map', ['header-map'], '', `${OWN_HTTP}.`),
  row('proxy_protocol', ['proxy-protocol'], '', 'Node has none; let the proxy send X-Forwarded-For.'),
  row('proxy_allow_ips', ['proxy-allow-from'], '', 'Node has none; let the proxy send X-Forwarded-For.'),
  row('pythonpath', ['pythonpath'], 'NODE_PATH', ''),
  row('paste', ['paste', 'paster'], '', OF_PYTHON),
  row('raw_paste_global_conf', ['paste-global'], '', OF_PYTHON),
  row('permit_obsolete_folding', ['permit-obsolete-folding'], '', `${OWN_HTTP}; insecureHTTPParser.`),
  row('strip_header_spaces', ['strip-header-spaces'], '', `${OWN_HTTP}; insecureHTTPParser.`),
  row('permit_unconventional_http_method', ['permit-unconventional-http-method'], '', `${OWN_HTTP}.`),
  row('permit_unconventional_http_version', ['permit-unconventional-http-version'], '', `${OWN_HTTP}.`),
  row('casefold_http_method', ['casefold-http-method'], '', `${OWN_HTTP}.`),
  row('on_starting', [], 'onStarting', ''),
  row('on_reload', [], 'onReload', 'After the reload, with its outcome.'),
  row('when_ready', [], 'onReady', 'When every worker serves.'),
  row('pre_fork', [], 'preFork', 'May return variables for the worker.'),
  row('post_fork', [], 'postFork', 'Awaited before the first line of the app.'),
  row('post_worker_init', [], 'onWorkerReady', ''),
  row('worker_int', [], 'onDraining', ''),
  row('worker_abort', [], '--hang-timeout', 'The stack of a blocked worker is in the log and in a span.'),
  row('pre_exec', [], '', 'A new version of kf-cluster is a new start: docs/UPGRADE.md.'),
  row('pre_request', [], '', "The app's framework has middleware."),
  row('post_request', [], '', "The app's framework has middleware."),
  row('child_exit', [], 'onWorkerExit', 'In the primary.'),
  row('worker_exit', [], 'preShutdown', 'In the worker, after the drain and before the flush.'),
  row('nworkers_changed', [], 'onScale', ''),
  row('on_exit', [], 'onExit', ''),
  row('ssl_context', [], 'https.createServer(options)', `${OWN_HTTP}.`),
];

/** The setting that a flag without its dashes belongs to. */
export function gunicornSetting(flag: string): GunicornSetting | undefined {
  return GUNICORN_SETTINGS.find(({ flags }) => flags.includes(flag));
}

function row(name: string, flags: readonly string[], ours: string, note: string): GunicornSetting {
  return { name, flags, ours, note };
}
