// The pages of people who are not logged in.
import "./once.js";
