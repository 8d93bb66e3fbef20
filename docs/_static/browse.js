// Titles of local names: near its declaration a link has none, to keep pages small.
document.addEventListener("mouseover", function (event) {
  const link = event.target.closest ? event.target.closest(".src pre a:not([title])") : null;
  if (!link) return;
  const href = link.getAttribute("href");
  const twin = document.querySelector('.src pre a[title][href="' + CSS.escape(href) + '"]');
  const line = href.slice(href.indexOf("#L") + 2);
  link.title = twin && twin.textContent === link.textContent ? twin.title : "declared on line " + line;
});
