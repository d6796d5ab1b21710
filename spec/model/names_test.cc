// raft.tla and the C++ name the same actions and the same properties; what the .cfg files check is all that is true.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "spec/model/actions.h"
#include "spec/model/configs.h"
#include "spec/model/properties.h"

namespace lockstep::model {
namespace {

using Names = std::set<std::string>;

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

std::string Between(const std::string& text, const std::string& begin, const std::string& end) {
  const size_t from = text.find(begin);
  const size_t to = text.find(end, from);
  EXPECT_NE(from, std::string::npos) << begin;
  EXPECT_NE(to, std::string::npos) << end;
  return from == std::string::npos || to == std::string::npos ? "" : text.substr(from, to - from);
}

Names Find(const std::string& text, const char* pattern) {
  Names names;
  const std::regex regex(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), regex); at != std::sregex_iterator(); ++at) {
    names.insert((*at)[1]);
  }
  return names;
}

// The actions of node i that the next-state relation is made of.
Names ActionsOf(const std::string& tla) {
  Names actions = Find(Between(tla, "\nReceive(i, m) ==", "\\* ==== Properties"), R"((\w+)\(i[,)])");
  for (const char* group : {"ClientNext", "StorageNext", "TimerNext", "FaultNext", "Receive"}) actions.erase(group);
  return actions;
}

// The paper's names, and what ends in Inv or Prop.
Names PropertiesOf(const std::string& tla) {
  return Find(tla.substr(tla.find("\\* ==== Properties")),
              "\n(\\w+Inv|\\w+Prop|ElectionSafety|LeaderAppendOnly|LogMatching|LeaderCompleteness|StateMachineSafety|"
              "ConfigurationSafety|ReadFreshness) ==");
}

Names CppActions() { return Names(ActionNames().begin(), ActionNames().end()); }
Names CppProperties(bool with_false) {
  Names names;
  for (const PropertyInfo& property : Properties()) {
    if (with_false || property.is_true) names.insert(property.name);
  }
  return names;
}

TEST(NamesTest, ActionsAreThoseOfTheSpecification) { EXPECT_EQ(ActionsOf(ReadFile("spec/raft.tla")), CppActions()); }

TEST(NamesTest, PropertiesAreThoseOfTheSpecification) {
  EXPECT_EQ(PropertiesOf(ReadFile("spec/raft.tla")), CppProperties(true));
}

// The comparison must see a name that is changed.
TEST(NamesTest, AChangedNameIsSeen) {
  std::string tla = ReadFile("spec/raft.tla");
  tla = std::regex_replace(tla, std::regex("WriteFailed\\(i"), "WriteFails(i");
  EXPECT_NE(ActionsOf(tla), CppActions());
  tla = std::regex_replace(tla, std::regex("\nQuorumLogInv =="), "\nQuorumLogsInv ==");
  EXPECT_NE(PropertiesOf(tla), CppProperties(true));
}

// Each action is defined, and the comment above it, or above the operator it is made of, names the paper's section.
TEST(NamesTest, EachActionNamesItsSection) {
  const std::string tla = ReadFile("spec/raft.tla");
  for (const std::string& action : CppActions()) {
    const size_t at = tla.find("\n" + action + "(i");
    ASSERT_NE(at, std::string::npos) << action;
    const std::string block = tla.substr(tla.rfind("\n\n", at), at - tla.rfind("\n\n", at));
    EXPECT_TRUE(std::regex_search(block, std::regex(R"(\[(Raft|Thesis) )"))) << action << ":" << block;
  }
}

TEST(NamesTest, TlcChecksEveryPropertyInEveryConfiguration) {
  for (const ConfigText& config : ConfigTexts()) {
    if (std::string(config.name) == "Liveness") continue;
    const std::string text = config.text;
    const Names checked = Find(text.substr(text.find("\nINVARIANTS")), "\n  (\\w+)");
    Names expected = CppProperties(false);
    expected.insert("CountLevel");
    EXPECT_EQ(checked, expected) << config.name;
  }
}

}  // namespace
}  // namespace lockstep::model
