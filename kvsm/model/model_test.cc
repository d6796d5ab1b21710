// The machine against its model, by disagreement: random commands with everything they can ask for.
#include "kvsm/model/model.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <memory>
#include <optional>

#include "kvsm/image.h"
#include "kvsm/machine.h"
#include "kvsm/memory/memory_engine.h"
#include "kvsm/model/tape.h"

namespace lockstep::kvsm::model {
namespace {

using Tapes = std::vector<std::vector<uint8_t>>;

std::shared_ptr<Machine> NewMachine() { return std::make_shared<Machine>(std::make_unique<MemoryEngine>()); }

Change ToChange(const VersionView& version) {
  return {std::string(version.key),
          std::string(version.value),
          version.create_revision,
          version.mod_revision,
          version.version,
          version.lease,
          version.sub};
}

std::string WholeImage(const std::shared_ptr<Machine>& machine) {
  Image image(machine);
  std::string bytes;
  for (std::string piece = image.Read(100); !piece.empty(); piece = image.Read(100)) bytes += piece;
  return bytes;
}

std::shared_ptr<Machine> Restored(const std::string& image, size_t piece_bytes) {
  ImageReader reader(std::make_unique<MemoryEngine>());
  for (size_t at = 0; at < image.size(); at += piece_bytes) {
    const absl::Status status = reader.Take(std::string_view(image).substr(at, piece_bytes));
    RC_ASSERT(status.ok());
  }
  absl::StatusOr<std::unique_ptr<Machine>> machine = reader.Finish();
  RC_ASSERT(machine.ok());
  return *std::move(machine);
}

// What the model keeps, as an image orders it: what is older than the compaction by key, then the changes.
void CheckVersions(const std::shared_ptr<Machine>& machine, const Model& model) {
  std::map<std::string, Change> base;
  std::vector<Change> expected;
  for (const Change& change : model.changes()) {
    if (change.mod < model.compact_revision()) base.emplace(change.key, change);
  }
  for (const auto& [key, change] : base) expected.push_back(change);
  for (const Change& change : model.changes()) {
    if (change.mod >= model.compact_revision()) expected.push_back(change);
  }
  std::vector<Change> kept;
  VersionReader reader(machine, machine->revision());
  const auto take_one = [&kept](const VersionView& version, bool) {
    kept.push_back(ToChange(version));
    return false;
  };
  while (reader.Read(take_one)) {
  }
  RC_ASSERT(kept == expected);
  int64_t bytes = 0;
  for (const Change& change : expected) {
    bytes += BytesOf({change.key, change.value, 0, 0, 0, 0, 0});
  }
  RC_ASSERT(machine->bytes() == bytes);
  RC_ASSERT(machine->key_count() == static_cast<int64_t>(model.StateAt(kNewest).size()));
}

void CheckChanges(const Machine& machine, const Model& model, Revision first) {
  std::vector<Change> expected;
  for (const Change& change : model.changes()) {
    if (change.mod >= first) expected.push_back(change);
  }
  std::vector<Change> seen;
  machine.ScanChanges({first, 0}, machine.revision(), [&seen](const VersionView& version) {
    seen.push_back(ToChange(version));
    return true;
  });
  RC_ASSERT(seen == expected);
}

void CheckRange(const Machine& machine, const Model& model, const etcdserverpb::RangeRequest& request) {
  etcdserverpb::RangeResponse response;
  etcdserverpb::RangeResponse expected;
  const Error error = model.Range(request, expected);
  RC_ASSERT(machine.Range(request, response) == error);
  if (error == Error::kNone) RC_ASSERT(response.SerializeAsString() == expected.SerializeAsString());
}

void CheckLeases(const Machine& machine, const Model& model) {
  RC_ASSERT(machine.leases().all().size() == model.leases().size());
  std::map<int64_t, std::set<std::string>> keys;
  for (const auto& [key, change] : model.StateAt(kNewest)) keys[change.lease].insert(key);
  for (const auto& [id, lease] : model.leases()) {
    const auto* const held = machine.FindLease(id);
    RC_ASSERT(held != nullptr);
    RC_ASSERT(held->ttl_seconds == lease.ttl && held->deadline_millis == lease.deadline);
    RC_ASSERT(std::set<std::string>(held->keys.begin(), held->keys.end()) == keys[id]);
  }
}

// An image begun at one state and read on through later ones.
struct Streamed {
  Image image;
  std::string expected;
  std::string bytes;
  bool Step() {
    const std::string piece = image.Read(20);
    bytes += piece;
    return !piece.empty();
  }
};

void Compare(const Tapes& tapes) {
  std::shared_ptr<Machine> machine = NewMachine();
  Model model;
  std::unique_ptr<Streamed> streamed;
  for (const std::vector<uint8_t>& bytes : tapes) {
    Tape tape(bytes);
    const std::string command = tape.Command(model.revision(), model.log_millis());
    std::string reply;
    machine->Apply(command, reply);
    RC_ASSERT(reply == model.Apply(command));
    RC_ASSERT(machine->revision() == model.revision());
    RC_ASSERT(machine->log_millis() == model.log_millis());
    CheckRange(*machine, model, tape.Range(model.revision()));
    CheckLeases(*machine, model);
    CheckVersions(machine, model);
    const Revision first = std::max<Revision>(0, model.compact_revision());
    CheckChanges(*machine, model, first + tape.Draw(3));
    if (tape.Chance(3)) machine->Collect(static_cast<size_t>(tape.Draw(20)));
    if (streamed != nullptr && !streamed->Step()) {
      RC_ASSERT(streamed->bytes == streamed->expected);
      streamed = nullptr;
    }
    if (streamed == nullptr && tape.Chance(4)) {
      streamed.reset(new Streamed{Image(machine), WholeImage(machine), ""});
    }
    if (tape.Chance(8)) {
      const std::string image = WholeImage(machine);
      machine = Restored(image, static_cast<size_t>(1 + tape.Draw(40)));
      RC_ASSERT(WholeImage(machine) == image);
    }
  }
  while (streamed != nullptr && streamed->Step()) {
  }
  if (streamed != nullptr) RC_ASSERT(streamed->bytes == streamed->expected);
}

RC_GTEST_PROP(Model, TheMachineRepliesAndKeepsWhatTheModelDoes, ()) {
  const auto tape = rc::gen::container<std::vector<uint8_t>>(40, rc::gen::arbitrary<uint8_t>());
  const auto count = *rc::gen::inRange<size_t>(0, 80);
  Compare(*rc::gen::container<Tapes>(count, tape));
}

}  // namespace
}  // namespace lockstep::kvsm::model
