// Traces of simulated runs in the specification's words: the model accepts them, and refuses one that is tampered with.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sim/choices.h"
#include "sim/observer.h"
#include "sim/run.h"
#include "sim/swarm.h"
#include "spec/trace/check.h"
#include "spec/trace/tracer.h"

namespace lockstep::spec {
namespace {

class Collector : public sim::Observer {
 public:
  // Of the run's beginning.
  static constexpr size_t kLinesMax = 3'000;

  Collector()
      : tracer_([this](const TraceLine& line) {
          if (lines_.size() < kLinesMax) lines_.push_back(line);
        }) {}
  void OnStart(const sim::StartEvent& event) override { tracer_.Start(event.state); }
  void OnCrash(const sim::CrashEvent& event) override { tracer_.Crash(event.node); }
  void OnStep(const sim::StepEvent& event) override {
    if (lines_.size() < kLinesMax) tracer_.Step(event.input, event.effects, event.state);
  }

  const std::vector<TraceLine>& lines() const { return lines_; }
  TraceHead Head() const { return tracer_.Head(); }

 private:
  std::vector<TraceLine> lines_;
  Tracer tracer_;
};

void RunSeed(uint64_t seed, Collector& collector) {
  const sim::Scenario scenario = sim::DrawScenario(seed);
  sim::Choices choices = sim::Choices::Seeded(seed);
  sim::Run(scenario, choices, &collector);
}

TraceVerdict Check(const TraceHead& head, const std::vector<TraceLine>& lines) {
  size_t next = 0;
  return CheckTrace([&](std::string& text) {
    text = next == 0 ? ToJson(head) : next <= lines.size() ? ToJson(lines[next - 1]) : "";
    return next++ <= lines.size();
  });
}

// A run that is tampered with below.
const Collector& Sound() {
  static const Collector* const collector = [] {
    auto* made = new Collector;
    RunSeed(3, *made);
    return made;
  }();
  return *collector;
}

TEST(TraceTest, TheModelAcceptsEverySimulatedRun) {
  uint64_t lines = 0;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    Collector collector;
    RunSeed(seed, collector);
    const TraceVerdict verdict = Check(collector.Head(), collector.lines());
    EXPECT_EQ(verdict.refusal, "") << "seed " << seed;
    EXPECT_EQ(verdict.lines, collector.lines().size());
    lines += verdict.lines;
  }
  EXPECT_GT(lines, 10'000u);
}

TEST(TraceTest, ALineIsTheSameAfterReading) {
  for (const TraceLine& line : Sound().lines()) {
    const std::string text = ToJson(line);
    TraceLine read;
    ASSERT_EQ(Parse(text, read), "") << text;
    ASSERT_EQ(ToJson(read), text);
  }
}

// Changes the first line that `tamper` can change, and expects it to be refused with this action and variable.
void ExpectRefused(const std::string& action, const std::string& variable,
                   const std::function<bool(TraceLine&)>& tamper) {
  std::vector<TraceLine> lines = Sound().lines();
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].action != action || !tamper(lines[i])) continue;
    const TraceVerdict verdict = Check(Sound().Head(), lines);
    EXPECT_EQ(verdict.lines, i) << verdict.refusal;
    EXPECT_NE(verdict.refusal.find(": " + action + " at node "), std::string::npos) << verdict.refusal;
    EXPECT_NE(verdict.refusal.find(": " + variable + " is "), std::string::npos) << verdict.refusal;
    EXPECT_FALSE(verdict.is_unusable);
    return;
  }
  ADD_FAILURE() << "no line to tamper with: " << action << " " << variable;
}

// Puts another value in the place of a variable that is not `except`.
std::function<bool(TraceLine&)> Put(const std::string& variable, const std::string& value, const std::string& except) {
  return [=](TraceLine& line) {
    std::string& is = line.state.at(variable);
    if (is == value || is == except) return false;
    is = value;
    return true;
  };
}

TEST(TraceTest, ATamperedRecordIsRefusedWithActionAndVariable) {
  ExpectRefused("ReceiveRequestVote", "currentTerm", Put("currentTerm", "77", ""));
  ExpectRefused("ReceiveRequestVote", "votedFor", Put("votedFor", "\"3\"", "\"none\""));
  ExpectRefused("ReceiveAppendEntriesReply", "commitIndex", Put("commitIndex", "1", "0"));
  ExpectRefused("WriteDone", "durableIndex", Put("durableIndex", "99", ""));
}

TEST(TraceTest, ATamperedMessageIsRefused) {
  // What was received has a later term than what was followed.
  ExpectRefused("ReceiveAppendEntries", "currentTerm", [](TraceLine& line) {
    line.message.term += 5;
    return true;
  });
  // A vote is granted that the action refuses.
  ExpectRefused("ReceiveRequestVote", "message RequestVoteReply", [](TraceLine& line) {
    if (line.sent.size() != 1 || line.sent[0].message.granted) return false;
    line.sent[0].message.granted = true;
    return true;
  });
  // A leader says something else than its log holds.
  ExpectRefused("ReceiveAppendEntriesReply", "message AppendEntries", [](TraceLine& line) {
    for (model::Sent& sent : line.sent) {
      if (sent.message.entries.empty()) continue;
      sent.message.entries[0].term += 1;
      return true;
    }
    return false;
  });
  // What must be sent is not.
  ExpectRefused("HeartbeatTimeout", "message Heartbeat", [](TraceLine& line) {
    if (line.sent.empty() || line.sent[0].message.kind != model::MessageKind::kHeartbeat) return false;
    line.sent.erase(line.sent.begin());
    return true;
  });
}

TEST(TraceTest, ALostOrInventedLineIsRefused) {
  std::vector<TraceLine> lines = Sound().lines();
  const auto leads = [](const TraceLine& line) { return line.action == "HeartbeatTimeout"; };
  const auto at = std::find_if(lines.begin(), lines.end(), leads);
  ASSERT_NE(at, lines.end());
  lines.erase(at);
  EXPECT_NE(Check(Sound().Head(), lines).refusal, "");
  lines = Sound().lines();
  TraceLine invented = lines[0];
  invented.action = "HeartbeatTimeout";
  lines.insert(lines.begin() + 1, invented);
  EXPECT_NE(Check(Sound().Head(), lines).refusal.find("guard"), std::string::npos);
}

TEST(TraceTest, TextThatIsNoTraceIsUnusable) {
  for (const char* text : {"", "{", "[]", "{\"servers\":1}"}) {
    bool first = true;
    const TraceVerdict verdict = CheckTrace([&](std::string& line) {
      line = text;
      return std::exchange(first, false);
    });
    EXPECT_TRUE(verdict.is_unusable) << text;
  }
}

}  // namespace
}  // namespace lockstep::spec
