/* A libnvidia-ml with a clock and cards that do what a test tells them; driven through the true binding.
 *
 * Power is a staircase over virtual time. The counter is its integral, shown only at every tick, as a real card does;
 * the average is that of the last second. -DNO_COUNTER, -DNO_FIELDS and -DNO_REASONS leave symbols out, as older drivers do. */
#include <math.h>
#include <string.h>

#define CARDS 4
#define STEPS 64
enum { SUCCESS = 0, NOT_SUPPORTED = 3, INSUFFICIENT = 7, NO_DRIVER = 9, LOST = 15 };

typedef struct {
    double at[STEPS], watts[STEPS];
    int steps;
    double tick, reset, lost, leap, limit, still;
    double no_counter, no_instant, no_power, capability, mig;
    double gpu, clock, celsius, reasons, used;
    unsigned pids[4];
    unsigned long long held[4];
    int processes;
} card_t;

static card_t cards[CARDS];
static int count = 0, driver = 1, calls = 0;
static double now = 0;

void fake_clear(int n) {
    memset(cards, 0, sizeof cards);
    count = n, driver = 1, now = 0, calls = 0;
    for (int i = 0; i < CARDS; i++) {
        card_t *c = &cards[i];
        c->tick = 0.02, c->reset = c->lost = c->leap = c->still = INFINITY, c->limit = 400, c->capability = 90;
        c->gpu = 50, c->clock = 1500, c->celsius = 60, c->used = 3e9;
    }
}
void fake_driver(int there) { driver = there; }
void fake_now(double t) { now = t; }
int fake_calls(void) { return calls; }
void fake_power(int i, double at, double watts) {
    card_t *c = &cards[i];
    c->at[c->steps] = at, c->watts[c->steps++] = watts;
}
void fake_process(int i, unsigned pid, unsigned long long held) {
    card_t *c = &cards[i];
    c->pids[c->processes] = pid, c->held[c->processes++] = held;
}
#define KEY(field) if (!strcmp(key, #field)) { cards[i].field = value; return; }
void fake_set(int i, const char *key, double value) {
    KEY(tick) KEY(reset) KEY(lost) KEY(leap) KEY(limit) KEY(still) KEY(no_counter) KEY(no_instant) KEY(no_power) KEY(capability)
    KEY(mig) KEY(gpu) KEY(clock) KEY(celsius) KEY(reasons) KEY(used)
}

static double watts_at(card_t *c, double t) {
    double w = 0;
    for (int k = 0; k < c->steps && c->at[k] <= t; k++) w = c->watts[k];
    return w;
}
static double joules_to(card_t *c, double t) {
    double sum = 0;
    for (int k = 0; k < c->steps && c->at[k] < t; k++) {
        double end = k + 1 < c->steps && c->at[k + 1] < t ? c->at[k + 1] : t;
        sum += c->watts[k] * (end - c->at[k]);
    }
    return sum;
}
static double shown(card_t *c) {
    double t = fmin(now, c->still);
    t = floor(t / c->tick + 1e-9) * c->tick;
    double sum = 1000 + joules_to(c, t);
    if (now >= c->leap) sum += 1e6;
    return t >= c->reset ? joules_to(c, t) - joules_to(c, c->reset) : sum;
}

#define CARD card_t *c = handle; calls++; if (now >= c->lost) return LOST;
int nvmlInit_v2(void) { return driver ? SUCCESS : NO_DRIVER; }
int nvmlInitWithFlags(unsigned flags) { (void)flags; return nvmlInit_v2(); }
int nvmlShutdown(void) { return SUCCESS; }
const char *nvmlErrorString(int code) {
    return code == LOST ? "GPU is lost" : code == NO_DRIVER ? "Driver Not Loaded" : code == NOT_SUPPORTED ? "Not Supported" : "?";
}
int nvmlDeviceGetCount_v2(unsigned *n) { *n = count; return SUCCESS; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **handle) { *handle = &cards[i]; return SUCCESS; }
int nvmlDeviceGetName(void *handle, char *text, unsigned n) { (void)handle; strncpy(text, "Fake GPU", n); return SUCCESS; }
static int number(void *handle) { return (int)((card_t *)handle - cards); }
int nvmlDeviceGetUUID(void *handle, char *text, unsigned n) {
    strncpy(text, "GPU-0a000000-0000-0000-0000-000000000000", n);
    text[4] = '0' + number(handle);
    return SUCCESS;
}
typedef struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char text[32]; } pci_t;
int nvmlDeviceGetPciInfo_v3(void *handle, pci_t *pci) {
    memset(pci, 0, sizeof *pci);
    pci->bus = 0x10 + number(handle);
    return SUCCESS;
}
int nvmlDeviceGetMigMode(void *handle, unsigned *current, unsigned *pending) {
    *current = *pending = ((card_t *)handle)->mig != 0;
    return SUCCESS;
}
/* An instance of the card, by its UUID: MIG-N... belongs to card N. */
int nvmlDeviceGetHandleByUUID(const char *uuid, void **handle) {
    if (strncmp(uuid, "MIG-", 4)) return 6;
    *handle = &cards[uuid[4] - '0'];
    return SUCCESS;
}
int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(void *instance, void **handle) { *handle = instance; return SUCCESS; }
int nvmlDeviceGetCudaComputeCapability(void *handle, int *major, int *minor) {
    int capability = (int)((card_t *)handle)->capability;
    *major = capability / 10, *minor = capability % 10;
    return SUCCESS;
}
#ifndef NO_COUNTER
int nvmlDeviceGetTotalEnergyConsumption(void *handle, unsigned long long *mj) {
    CARD
    if (c->no_counter) return NOT_SUPPORTED;
    *mj = (unsigned long long)(shown(c) * 1e3);
    return SUCCESS;
}
#endif
#ifndef NO_FIELDS
typedef struct { unsigned id, scope; long long stamp, latency; int type, code; union { double d; unsigned u; unsigned long long ull; } value; } field_t;
int nvmlDeviceGetFieldValues(void *handle, int n, field_t *fields) {
    CARD
    for (int k = 0; k < n; k++) {
        fields[k].code = fields[k].id == 186 && !c->no_instant ? SUCCESS : NOT_SUPPORTED;
        fields[k].value.u = (unsigned)(watts_at(c, now) * 1e3);
    }
    return SUCCESS;
}
#endif
int nvmlDeviceGetPowerUsage(void *handle, unsigned *mw) {
    CARD
    if (c->no_power) return NOT_SUPPORTED;
    double w = c->capability <= 80 ? watts_at(c, now) : joules_to(c, now) - joules_to(c, now - 1);
    *mw = (unsigned)(w * 1e3);
    return SUCCESS;
}
int nvmlDeviceGetEnforcedPowerLimit(void *handle, unsigned *mw) {
    CARD
    if (!c->limit) return NOT_SUPPORTED;
    *mw = (unsigned)(c->limit * 1e3);
    return SUCCESS;
}
int nvmlDeviceGetUtilizationRates(void *handle, unsigned *rates) { CARD rates[0] = (unsigned)c->gpu, rates[1] = 0; return SUCCESS; }
int nvmlDeviceGetClockInfo(void *handle, int kind, unsigned *mhz) { CARD *mhz = kind == 1 ? (unsigned)c->clock : 0; return SUCCESS; }
int nvmlDeviceGetTemperature(void *handle, int kind, unsigned *celsius) {
    CARD
    (void)kind;
    if (c->celsius < 0) return NOT_SUPPORTED;
    *celsius = (unsigned)c->celsius;
    return SUCCESS;
}
#ifndef NO_REASONS
int nvmlDeviceGetCurrentClocksEventReasons(void *handle, unsigned long long *bits) { CARD *bits = (unsigned long long)c->reasons; return SUCCESS; }
#endif
int nvmlDeviceGetCurrentClocksThrottleReasons(void *handle, unsigned long long *bits) { CARD *bits = (unsigned long long)c->reasons; return SUCCESS; }
int nvmlDeviceGetMemoryInfo(void *handle, unsigned long long *m) { CARD m[2] = (unsigned long long)c->used; return SUCCESS; }
typedef struct { unsigned pid; unsigned long long held; unsigned instance, compute; } process_t;
int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *n, process_t *found) {
    CARD
    if (!found) { *n = c->processes; return c->processes ? INSUFFICIENT : SUCCESS; }
    *n = c->processes;
    for (int k = 0; k < c->processes; k++) found[k] = (process_t){c->pids[k], c->held[k], 0, 0};
    return SUCCESS;
}
