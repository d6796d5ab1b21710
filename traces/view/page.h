// Puts a page together: a template with marks, the data as JSON, the style and the script, all in one file.
//
// Contract: any text of the data is data in the page, never markup; the page loads nothing.
#ifndef LOCKSTEP_TRACES_VIEW_PAGE_H_
#define LOCKSTEP_TRACES_VIEW_PAGE_H_

#include <string>
#include <string_view>

#include "nlohmann/json.hpp"

namespace lockstep::traces::view {

struct Page {
  std::string_view html;    // With the marks @@TITLE@@, @@STYLE@@, @@DATA@@ and @@SCRIPT@@, in this order.
  std::string_view script;  // Reads the element "data".
};

// The text of a page with this title and data.
std::string Assemble(const Page& page, const std::string& title, const nlohmann::ordered_json& data);

}  // namespace lockstep::traces::view

#endif  // LOCKSTEP_TRACES_VIEW_PAGE_H_
