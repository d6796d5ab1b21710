// Every history that others recorded, and its published verdict: read, decided, proved, and once more after a detour
// through each format we write.

#include <ctime>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "spec/linearizability/check.h"
#include "spec/linearizability/format/protobuf.h"
#include "spec/linearizability/format/read.h"
#include "spec/linearizability/format/write.h"
#include "spec/linearizability/report/certificate_file.h"

namespace lockstep {
namespace {

using linearizability::Check;
using linearizability::CheckOptions;
using linearizability::CheckResult;
using linearizability::ModelKind;
using linearizability::Verdict;
using linearizability::format::HistoryFile;
using linearizability::format::ReadOptions;
using linearizability::format::Source;

constexpr char kFolder[] = "tests/data/histories/";
constexpr size_t kFiles = 137;

// One line of index.tsv.
struct Row {
  std::string file, model, format, verdict;
  size_t operations = 0;
};

// Fields are separated by tabs; a quoted one doubles its quotes.
std::vector<std::string> Fields(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, '\t');) {
    std::string plain;
    const bool quoted = field.size() >= 2 && field.front() == '"' && field.back() == '"';
    for (size_t i = quoted ? 1 : 0; i < field.size() - (quoted ? 1 : 0); ++i) {
      plain += field[i];
      if (quoted && field[i] == '"') ++i;
    }
    fields.push_back(plain);
  }
  return fields;
}

std::vector<Row> Index() {
  std::ifstream index(std::string(kFolder) + "index.tsv");
  std::vector<Row> rows;
  std::string line;
  std::getline(index, line);  // the columns' names
  while (std::getline(index, line)) {
    const std::vector<std::string> fields = Fields(line);
    rows.push_back({fields.at(0), fields.at(1), fields.at(2), fields.at(3), std::stoul(fields.at(6))});
  }
  return rows;
}

// What the index says about a history's meaning, as the flags of `lockstep check` would.
ReadOptions OptionsOf(const Row& row) {
  const std::map<std::string, ModelKind> models = {
      {"cas-register", ModelKind::kRegister}, {"kvreg", ModelKind::kRegister}, {"kv", ModelKind::kKeyValue},
      {"mutex", ModelKind::kMutex},           {"bank", ModelKind::kBank},      {"counter", ModelKind::kCounter},
      {"long-fork", ModelKind::kKeyValue},    {"set-full", ModelKind::kSet},
  };
  ReadOptions options;
  options.model = models.at(row.model.substr(0, row.model.find(' ')));
  const size_t initial = row.model.find("init=");
  if (initial == std::string::npos || options.model == ModelKind::kMutex) return options;
  const std::string value = row.model.substr(initial + 5);
  options.initial = value == "null" ? "nil" : value;
  return options;
}

class HistoriesTest : public testing::TestWithParam<Row> {
 protected:
  void ExpectVerdict(const HistoryFile& file, const std::string& what) {
    CheckOptions options;
    options.semantics = file.semantics;
    const auto result = Check(file.history, options);
    ASSERT_TRUE(result.ok()) << what << result.status();
    const Verdict expected = GetParam().verdict == "ok" ? Verdict::kLinearizable : Verdict::kNotLinearizable;
    EXPECT_EQ(result->verdict, expected) << what;
    const absl::Status proved = linearizability::report::VerifyCertificate(file, *result);
    EXPECT_TRUE(proved.ok()) << what << proved;
  }
};

TEST_P(HistoriesTest, VerdictIsThePublishedOneAndProved) {
  const Row& row = GetParam();
  const auto file = linearizability::format::ReadHistoryFile(kFolder + row.file, OptionsOf(row));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->history.size(), row.operations);
  ExpectVerdict(*file, "as read: ");
}

TEST_P(HistoriesTest, VerdictSurvivesEveryFormatWeWrite) {
  const Row& row = GetParam();
  const auto file = linearizability::format::ReadHistoryFile(kFolder + row.file, OptionsOf(row));
  ASSERT_TRUE(file.ok()) << file.status();
  ReadOptions same;  // EDN cannot say what its operations mean
  same.model = file->semantics.model;
  same.initial = OptionsOf(row).initial;
  same.nil_read = file->semantics.nil_read;
  same.failed_cas = file->semantics.failed_cas;
  const std::string texts[] = {WriteEdn(*file), WriteNdjson(*file), WriteProtobuf(*file)};
  for (const std::string& text : texts) {
    const bool edn = &text == &texts[0];
    const Source source = Source::FromText("again", text);
    const auto again = linearizability::format::ReadHistory(source, edn ? same : ReadOptions());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->history.size(), file->history.size());
    ExpectVerdict(*again, "read again: ");
  }
}

std::string NameOf(const testing::TestParamInfo<Row>& info) {
  std::string name = info.param.file;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Index, HistoriesTest, testing::ValuesIn(Index()), NameOf);

TEST(HistoriesSetTest, IsComplete) { EXPECT_EQ(Index().size(), kFiles); }

// Processor time, so that another program's load cannot fail it.
TEST(HistoriesSetTest, IsReadAndDecidedWithinASecond) {
  const std::vector<Row> rows = Index();
  const std::clock_t begin = std::clock();
  for (const Row& row : rows) {
    const auto file = linearizability::format::ReadHistoryFile(kFolder + row.file, OptionsOf(row));
    ASSERT_TRUE(file.ok()) << file.status();
    CheckOptions options;
    options.semantics = file->semantics;
    ASSERT_TRUE(Check(file->history, options).ok());
  }
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  RecordProperty("seconds", std::to_string(seconds));
  std::printf("%zu histories in %.3f s\n", rows.size(), seconds);
  EXPECT_LT(seconds, 1.0);
}

}  // namespace
}  // namespace lockstep
