// Runs before the first paint, so a page never flashes in the other theme.
(function () {
  var chosen = localStorage.getItem('ramify.theme');
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
