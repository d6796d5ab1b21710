#include "spec/linearizability/validate.h"

#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "spec/linearizability/testing/histories.h"

namespace lockstep::linearizability {
namespace {

// Validates two operations of one process after an edit.
std::string Fault(const History::Edit& edit, Semantics semantics = {}) {
  const History history = ReadHistory("0 invoke write x 1\n0 ok\n0 invoke read x\n0 ok 1\n");
  const std::vector<OperationId> ids = {0, 1};
  const absl::Status status = Validate(history.Restrict(ids, edit), semantics);
  EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

void ExpectFault(const std::string& words, const History::Edit& edit) {
  const std::string fault = Fault(edit);
  EXPECT_NE(fault.find(words), std::string::npos) << "found: " << fault;
}

TEST(ValidateTest, AcceptsAHistory) { EXPECT_EQ(Fault(nullptr), ""); }

TEST(ValidateTest, RefusesWhatCannotBe) {
  ExpectFault("before it is invoked", [](OperationId id, Operation& op) {
    if (id == 1) op.complete = 2, op.invoke = 3;
  });
  ExpectFault("not in order of invocation", [](OperationId id, Operation& op) {
    if (id == 1) op.invoke = 0;
  });
  ExpectFault("has another operation open", [](OperationId id, Operation& op) {
    if (id == 0) op.complete = 3;
    if (id == 1) op.complete = 1, op.invoke = 0;
    op.invoke = id;
    op.complete = 3 - id;
  });
  ExpectFault("belongs to another operation", [](OperationId id, Operation& op) {
    if (id == 1) op.invoke = 1, op.complete = 2;
  });
  ExpectFault("there is no event", [](OperationId id, Operation& op) {
    if (id == 1) op.complete = 17;
  });
  ExpectFault("exactly when its outcome is known", [](OperationId id, Operation& op) {
    if (id == 1) op.outcome = Outcome::kUnknown;
  });
  ExpectFault("has no name", [](OperationId id, Operation& op) {
    if (id == 1) op.key = 9;
  });
  ExpectFault("has no such operation", [](OperationId id, Operation& op) {
    if (id == 1) op.kind = OperationKind::kAcquire;
  });
}

TEST(ValidateTest, NamesTheLine) {
  const std::string fault = Fault([](OperationId id, Operation& op) {
    if (id == 1) op.key = 9;
  });
  EXPECT_EQ(fault.find("operation 1 (line 3)"), 0u) << fault;
}

TEST(ValidateTest, ArgumentsHaveTheModelsTypes) {
  const auto status = [](std::string_view text, ModelKind model) {
    Semantics semantics;
    semantics.model = model;
    return Validate(ReadHistory(text), semantics);
  };
  EXPECT_TRUE(status("0 invoke add c 1\n0 ok\n", ModelKind::kCounter).ok());
  EXPECT_FALSE(status("0 invoke add c word\n0 ok\n", ModelKind::kCounter).ok());
  EXPECT_FALSE(status("0 invoke transfer b [1,2]\n0 ok\n", ModelKind::kBank).ok());
  EXPECT_FALSE(status("0 invoke read b\n0 ok 7\n", ModelKind::kBank).ok());
  EXPECT_FALSE(status("0 invoke range - [1,2]\n0 ok []\n", ModelKind::kKeyValue).ok());
  EXPECT_FALSE(status("0 invoke range - [a,b]\n0 ok 3\n", ModelKind::kKeyValue).ok());
}

TEST(ValidateTest, TheInitialValueHasTheModelsType) {
  History history = ReadHistory("0 invoke add c 1\n0 ok\n");
  Semantics semantics;
  semantics.model = ModelKind::kCounter;
  semantics.initial = history.mutable_values().String("no number");
  EXPECT_FALSE(Validate(history, semantics).ok());
  semantics.initial = history.mutable_values().Integer(7);
  EXPECT_TRUE(Validate(history, semantics).ok());
  semantics.initial_by_key = {{5, kNil}};
  EXPECT_FALSE(Validate(history, semantics).ok());
}

}  // namespace
}  // namespace lockstep::linearizability
