// What this machine can do without us: its disk's syncs, its loopback's round trips.
#ifndef LOCKSTEP_TESTS_PROCESSES_MACHINE_LIMITS_H_
#define LOCKSTEP_TESTS_PROCESSES_MACHINE_LIMITS_H_

#include <cstdint>
#include <string>

namespace lockstep::tests {

// The median time of one write of `bytes` and one fdatasync, into a file whose blocks exist, one after the other.
double SyncMicros(const std::string& folder, uint64_t bytes, double seconds);
// Bytes a second of each of `writers` threads that write and sync a file of their own in pieces of `bytes`, all at
// once.
double SyncedBytesPerSecond(const std::string& folder, int writers, uint64_t bytes, double seconds);
// The median time of a message of `bytes` to another process over TCP, and the same back.
double RoundTripMicros(uint64_t bytes, double seconds);

}  // namespace lockstep::tests

#endif  // LOCKSTEP_TESTS_PROCESSES_MACHINE_LIMITS_H_
