#include "spec/linearizability/report/statistics.h"

#include <string>

#include "gtest/gtest.h"
#include "spec/linearizability/format/read.h"

namespace lockstep::linearizability::report {
namespace {

format::HistoryFile Read(const std::string& text, const std::string& model = "") {
  format::ReadOptions options;
  options.model = format::ModelOf(model);
  const auto source = format::Source::FromText("h", text);
  auto file = format::ReadHistory(source, options);
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

std::string Event(int process, const std::string& type, const std::string& f, const std::string& value) {
  return "{:process " + std::to_string(process) + " :type :" + type + " :f :" + f + " :value " + value + "}\n";
}

bool Has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(StatisticsTest, CountsOutcomesProcessesAndOverlap) {
  const auto file =
      Read(Event(0, "invoke", "write", "1") + Event(1, "invoke", "read", "nil") + Event(0, "ok", "write", "1") +
           Event(1, "ok", "read", "1") + Event(2, "invoke", "write", "2") + Event(2, "info", "write", "2") +
           Event(3, "invoke", "cas", "[1 2]") + Event(3, "fail", "cas", "[1 2]"));
  const Statistics s = Measure(file);
  EXPECT_EQ(s.operations, 4u);
  EXPECT_EQ(s.ok, 2u);
  EXPECT_EQ(s.failed, 1u);
  EXPECT_EQ(s.unknown, 1u);
  EXPECT_EQ(s.unknown_changing, 1u);
  EXPECT_EQ(s.processes, 4u);
  EXPECT_EQ(s.open_most, 2u);
  EXPECT_DOUBLE_EQ(s.open_mean, 0.25);
  EXPECT_EQ(s.overlapping, 2u);
  EXPECT_EQ(s.observing, 1u);  // a failed compare-and-set says nothing in EDN
}

TEST(StatisticsTest, CountsTheWritesThatExplainEachAnswer) {
  const auto file = Read(Event(0, "invoke", "write", "1") + Event(0, "ok", "write", "1") +
                         Event(0, "invoke", "read", "nil") + Event(0, "ok", "read", "1") +    // one source
                         Event(0, "invoke", "write", "1") + Event(0, "info", "write", "1") +  // another, unknown
                         Event(1, "invoke", "read", "nil") + Event(1, "ok", "read", "1") +    // two
                         Event(1, "invoke", "read", "nil") + Event(1, "ok", "read", "9"));    // none
  const Statistics s = Measure(file);
  EXPECT_EQ(s.answers, 3u);
  EXPECT_EQ(s.answers_one_source, 1u);
  EXPECT_EQ(s.answers_many_sources, 1u);
  EXPECT_EQ(s.answers_unknown_source, 1u);
  EXPECT_EQ(s.writes, 2u);
  EXPECT_EQ(s.values_written, 1u);
  const std::string words = InWords(s, file);
  EXPECT_TRUE(Has(words, "33.3 % of the 3 answers were written more than once; 33.3 % exactly once")) << words;
  EXPECT_TRUE(Has(words, "A stale read only by luck in 33.3 %")) << words;
  EXPECT_TRUE(Has(words, "1 may have happened at any later time, and 1 reads answered a value of theirs.")) << words;
}

TEST(StatisticsTest, SaysWhatAHistoryCannotShow) {
  EXPECT_TRUE(Has(InWords(Measure(Read("")), Read("")), "Nothing: it holds no operation."));
  const auto writes = Read(Event(0, "invoke", "write", "1") + Event(1, "invoke", "write", "2"));
  EXPECT_TRUE(Has(InWords(Measure(writes), writes), "Nothing: no operation answered anything"));
  const auto sequential = Read(Event(0, "invoke", "write", "1") + Event(0, "ok", "write", "1") +
                               Event(0, "invoke", "read", "nil") + Event(0, "ok", "read", "1"));
  const std::string words = InWords(Measure(sequential), sequential);
  EXPECT_TRUE(Has(words, "Only sequential behaviour")) << words;
  EXPECT_TRUE(Has(words, "Every stale read: each answer names exactly one write.")) << words;
}

TEST(StatisticsTest, OtherModelsHaveNoSources) {
  const auto file = Read(Event(0, "invoke", "acquire", "nil") + Event(0, "ok", "acquire", "nil"));
  const Statistics s = Measure(file);
  EXPECT_FALSE(s.has_sources);
  EXPECT_FALSE(Has(InWords(s, file), "ambiguity"));
}

}  // namespace
}  // namespace lockstep::linearizability::report
