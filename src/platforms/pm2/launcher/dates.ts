const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = 'January,February,March,April,May,June,July,August,September,October,November,December'.split(',');

const TOKEN = /\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|DD|D|dddd|ddd|d|HH|H|hh|h|mm|m|ss|s|SSS|ZZ|Z|A|a/g;

/** A local date in the tokens of day.js, which is what pm2's `log_date_format` is written in. */
export function formatDate(date: Date, format: string): string {
  return format.replace(TOKEN, (token, escaped: string | undefined) => escaped ?? textOf(token, date));
}

function textOf(token: string, date: Date): string {
  const day = DAYS[date.getDay()] ?? '';
  const month = MONTHS[date.getMonth()] ?? '';
  const hour = date.getHours();
  const values: Record<string, string | number> = {
    YYYY: date.getFullYear(),
    YY: pad(date.getFullYear() % 100),
    MMMM: month,
    MMM: month.slice(0, 3),
    MM: pad(date.getMonth() + 1),
    M: date.getMonth() + 1,
    DD: pad(date.getDate()),
    D: date.getDate(),
    dddd: day,
    ddd: day.slice(0, 3),
    d: date.getDay(),
    HH: pad(hour),
    H: hour,
    hh: pad(hour % 12 || 12),
    h: hour % 12 || 12,
    mm: pad(date.getMinutes()),
    m: date.getMinutes(),
    ss: pad(date.getSeconds()),
    s: date.getSeconds(),
    SSS: pad(date.getMilliseconds(), 3),
    Z: zone(date, ':'),
    ZZ: zone(date, ''),
    A: hour < 12 ? 'AM' : 'PM',
    a: hour < 12 ? 'am' : 'pm',
  };
  return String(values[token]);
}

function zone(date: Date, between: string): string {
  const minutes = -date.getTimezoneOffset();
  const ahead = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(ahead / 60))}${between}${pad(ahead % 60)}`;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}
