/* Wide tables scroll sideways on a phone; let the keyboard reach them, too. */
addEventListener("load", () => {
  for (const region of document.querySelectorAll(".md-typeset__scrollwrap, .dataframe")) region.tabIndex = 0
})
