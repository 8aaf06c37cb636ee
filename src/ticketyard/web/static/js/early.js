// Runs before the first paint: marks that scripts work, so that helpers without use do not flash up.
document.documentElement.classList.add("js");
