// The verb check as a user meets it: what it prints, what it writes, how it exits.

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/verbs.h"
#include "gtest/gtest.h"

namespace lockstep::cli {
namespace {

constexpr char kGood[] =
    "{:process 0 :type :invoke :f :write :value 1} {:process 0 :type :ok :f :write :value 1}\n"
    "{:process 1 :type :invoke :f :read} {:process 1 :type :ok :f :read :value 1}\n";
constexpr char kBad[] =
    "{:process 0 :type :invoke :f :write :value 1} {:process 0 :type :ok :f :write :value 1}\n"
    "{:process 1 :type :invoke :f :read} {:process 1 :type :ok :f :read :value 2}\n";

struct Outcome {
  int status;
  std::string out;
  std::string error;
};

class CheckTest : public testing::Test {
 protected:
  static std::string Path(const std::string& name) { return testing::TempDir() + "/" + name; }
  static std::string Save(const std::string& name, const std::string& text) {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }
  static std::string Load(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(Path(name), std::ios::binary).rdbuf();
    return text.str();
  }
  static Outcome Check(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "check");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = RunCheck(static_cast<int>(argv.size()), argv.data());
    return {status, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }
};

bool Has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_F(CheckTest, LinearizableIsZero) {
  const Outcome run = Check({Save("good.edn", kGood)});
  EXPECT_EQ(run.status, 0);
  EXPECT_TRUE(Has(run.out, "good.edn  linearizable      2 operations; zones ")) << run.out;
  EXPECT_TRUE(Has(run.out, "assumed: model register (inferred from read, write)")) << run.out;
  EXPECT_EQ(run.error, "");
}

TEST_F(CheckTest, NotLinearizableIsOneAndSaysWhy) {
  const Outcome run = Check({Save("bad.edn", kBad)});
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(Has(run.out, "bad.edn  not linearizable")) << run.out;
  EXPECT_TRUE(Has(run.out, "process 1: read = 2 (")) << run.out;
  EXPECT_TRUE(Has(run.out, "found 2, which nobody ever wrote")) << run.out;
}

TEST_F(CheckTest, WhatCannotBeUsedIsTwo) {
  Outcome run = Check({Save("malformed.edn", "[{:type :ok\n}")});
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(Has(run.error, "malformed.edn:1:2: this event has no f; expected a function")) << run.error;
  run = Check({Path("there-is-none.edn")});
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(Has(run.error, "there-is-none.edn: no such file")) << run.error;
  run = Check({testing::TempDir()});
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(Has(run.error, "is a directory")) << run.error;
  run = Check({Save("add.edn", "{:type :invoke :f :add :value 1}")});
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(Has(run.error, "fit several models; say --model=set or counter")) << run.error;
  EXPECT_EQ(Check({}).status, 2);
  EXPECT_EQ(Check({Save("good.edn", kGood), "--model=jump"}).status, 2);
  EXPECT_EQ(Check({Save("good.edn", kGood), "--initial-of=x"}).status, 2);
  EXPECT_EQ(Check({Save("good.edn", kGood), Save("bad.edn", kBad), "--html=" + Path("x.html")}).status, 2);
  EXPECT_EQ(Check({Save("good.edn", kGood), "--model=mutex"}).status, 2);
}

TEST_F(CheckTest, UnknownIsThree) {
  EXPECT_EQ(Check({Save("empty.edn", "")}).status, 3);
  EXPECT_EQ(Check({Save("empty.json", "[]")}).out,
            Path("empty.json") + "  empty: no operations, nothing was checked\n");
  const std::string again = "{:process 0 :type :invoke :f :write :value 1} {:process 0 :type :ok :f :write :value 1}\n";
  const Outcome run = Check({Save("repeated.edn", again + kGood), "--budget=1"});
  EXPECT_EQ(run.status, 3);
  EXPECT_TRUE(Has(run.out, "unknown (budget")) << run.out;
}

TEST_F(CheckTest, OfSeveralFilesTheGravestCounts) {
  const std::string good = Save("good.edn", kGood);
  const std::string bad = Save("bad.edn", kBad);
  const std::string empty = Save("empty.edn", "");
  EXPECT_EQ(Check({good, empty}).status, 3);
  EXPECT_EQ(Check({empty, Path("none"), good}).status, 2);
  const Outcome run = Check({good, bad, Path("none"), empty});
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(Has(run.out, "good.edn") && Has(run.out, "bad.edn") && Has(run.error, "none")) << run.out;
}

TEST_F(CheckTest, FlagsChangeTheMeaning) {
  const std::string cas = Save("cas.edn", "{:type :invoke :f :cas :value [5 6]} {:type :fail :f :cas :value [5 6]}");
  EXPECT_EQ(Check({cas, "--initial=5"}).status, 0);
  EXPECT_EQ(Check({cas, "--initial=5", "--failed-cas=fact"}).status, 1);
  const std::string nil = Save("nil.edn", "{:type :invoke :f :read} {:type :ok :f :read :value nil}");
  EXPECT_EQ(Check({nil, "--initial=5"}).status, 0);
  EXPECT_EQ(Check({nil, "--initial=5", "--nil-read=value"}).status, 1);
  const std::string pair =
      Save("pair.edn", "{:type :invoke :f :read :value [1 nil]} {:type :ok :f :read :value [1 7]}");
  EXPECT_EQ(Check({pair, "--independent", "--initial-of=1=7"}).status, 0);
  EXPECT_EQ(Check({"--independent", "--initial-of", "1=7", "--initial-of", "2=8", pair}).status, 0);
}

TEST_F(CheckTest, QuietPrintsNothing) {
  const Outcome run = Check({Save("bad.edn", kBad), "--quiet"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.out + run.error, "");
}

TEST_F(CheckTest, WritesPageCertificateAndCopy) {
  const Outcome run = Check({Save("bad.edn", kBad), "--html=" + Path("p.html"), "--certificate=" + Path("c.json"),
                             "--write=" + Path("copy.ndjson"), "--report"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.error, "");
  EXPECT_TRUE(Has(run.out, "It can show:")) << run.out;
  EXPECT_TRUE(Has(Load("p.html"), "not linearizable"));
  EXPECT_TRUE(Has(Load("c.json"), "\"conflict\":[{\"operation\":"));
  EXPECT_EQ(Check({Path("copy.ndjson")}).status, 1);
  EXPECT_EQ(Check({Path("copy.ndjson"), "--write=" + Path("copy.pb"), "-q"}).status, 1);
  EXPECT_EQ(Check({Path("copy.pb")}).status, 1);
  EXPECT_EQ(Check({Path("copy.pb"), "--write=" + Path("copy.txt")}).status, 1);  // the violation counts before the name
  EXPECT_EQ(Check({Save("good.edn", kGood), "--write=" + Path("copy.txt")}).status, 2);
}

}  // namespace
}  // namespace lockstep::cli
